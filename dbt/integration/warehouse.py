"""The warehouse under test and the dbt that builds it, both as other programs use them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import clickhouse_connect

PROJECT = Path(__file__).resolve().parent.parent

MIGRATIONS = PROJECT.parent / "warehouse/migrations"


def migrations():
    """The statements that a warehouse without a cluster is made with; only for one that nobody migrated (--bootstrap)."""
    for path in sorted(MIGRATIONS.glob("*.up.sql")):
        text = path.read_text()
        for place in ("local", "on_cluster", "replicated"):
            text = text.replace(f"{{{place}}}", "")
        for statement in text.split(";\n"):
            if statement.strip() and "-- cluster only" not in statement:
                yield statement


class Warehouse:
    def __init__(self):
        self.client = clickhouse_connect.get_client(
            host=os.environ.get("WEEKAHEAD_WAREHOUSE_HOST", "127.0.0.1"),
            port=int(os.environ.get("WEEKAHEAD_WAREHOUSE_PORT", "8123")),
            username=os.environ.get("WEEKAHEAD_WAREHOUSE_USER", "default"),
            password=os.environ.get("WEEKAHEAD_WAREHOUSE_PASSWORD", ""),
            secure=os.environ.get("WEEKAHEAD_WAREHOUSE_SECURE", "false").lower() in ("true", "1"),
        )

    def rows(self, sql):
        return [tuple(row) for row in self.client.query(sql).result_rows]

    def value(self, sql):
        return self.rows(sql)[0][0]

    def run(self, sql):
        self.client.command(sql)

    def bootstrap(self, lake):
        for statement in migrations():
            self.run(statement)
        self.run("drop named collection if exists lake")
        self.run(
            f"create named collection lake as url = '{lake.url}', "
            f"access_key_id = '{lake.access_key_id}', secret_access_key = '{lake.secret_access_key}'"
        )


class Dbt:
    """`dbt build` as a subprocess, judged by its exit code and run_results.json."""

    def __init__(self, target_path):
        self.target_path = Path(target_path)
        self.builds = 0

    def command(self, *arguments):
        dbt = Path(sys.executable).parent / "dbt"
        return [
            str(dbt), "--no-version-check", "--log-format", "json", "--log-level", "info", *arguments,
            "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT / "profiles"),
            "--target-path", str(self.target_path), "--log-path", str(self.target_path),
        ]  # fmt: skip

    def run(self, *arguments):
        """Returns (exit code, {node name: (status, message)})."""
        (self.target_path / "run_results.json").unlink(missing_ok=True)
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True)
        self.builds += 1
        results = self.target_path / "run_results.json"
        if not results.exists():
            raise AssertionError(f"dbt wrote no results:\n{done.stdout}\n{done.stderr}")
        nodes = json.loads(results.read_text())["results"]
        return done.returncode, {n["unique_id"].split(".")[2]: (n["status"], n["message"]) for n in nodes}

    def build(self, *arguments):
        code, nodes = self.run("build", *arguments)
        failed = {name: result for name, result in nodes.items() if result[0] not in ("success", "pass", "warn")}
        assert code == 0 and not failed, f"dbt build failed: {failed}"

    def build_and_kill_at(self, model):
        """Starts a build and kills it without warning when `model` starts."""
        process = subprocess.Popen(
            self.command("build"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self.builds += 1
        for line in process.stdout:
            event = json.loads(line)
            if event["info"]["name"] == "LogStartLine" and event["data"]["node_info"]["node_name"] == model:
                os.killpg(process.pid, signal.SIGKILL)
                break
        process.wait()
        assert process.returncode == -signal.SIGKILL, f"the build ended before {model} started"
