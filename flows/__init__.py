"""When it happens: the flows as Prefect runs them, and how commands start Prefect."""
