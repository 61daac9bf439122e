"""Makes or upgrades the home of a local Superset: secret key, metadata database, roles, the user `admin`.

    SUPERSET_HOME=... SUPERSET_CONFIG_PATH=dashboards/superset/superset_config.py python prepare.py

Superset's own commands (`db upgrade`, `init`, `fab create-admin`) in one process: starting it is what takes time.
"""

import os
import secrets
from pathlib import Path


def keep(path: Path, make) -> str:
    """The secret that the file holds, made on the first call; readable by its owner alone."""
    if not path.exists():
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(make() + "\n")
    return path.read_text().strip()


def main() -> None:
    home = Path(os.environ["SUPERSET_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    keep(home / "secret_key", lambda: secrets.token_urlsafe(42))
    password = keep(home / "admin_password", lambda: secrets.token_urlsafe(12))

    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from flask_migrate import upgrade
        from superset import appbuilder, security_manager

        upgrade()
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        if security_manager.find_user("admin") is None:
            admin = security_manager.find_role("Admin")
            security_manager.add_user("admin", "Admin", "", "admin@localhost", admin, password=password)


if __name__ == "__main__":
    main()
