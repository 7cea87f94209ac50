"""A policy's steps compiled: the road, its graph, its acts."""
