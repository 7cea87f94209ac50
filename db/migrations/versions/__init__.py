"""The migrations, one file per revision; nobody edits a released one."""
