"""PostgreSQL's row-level security: rights, policies, and the check of both."""
