"""What the three DAGs of weekahead have in common."""
