"""The log: events, streams, published heads, the export."""
