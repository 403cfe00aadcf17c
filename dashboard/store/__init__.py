"""What `dashboard.workspace` is made of: a folder with one SQLite file, and folders of files beside it."""
