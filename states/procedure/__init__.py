"""Compile a policy's steps into its states, its graph and its acts."""
