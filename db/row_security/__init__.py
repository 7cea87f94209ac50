"""PostgreSQL's second wall: rights, policies, and the census of both."""
