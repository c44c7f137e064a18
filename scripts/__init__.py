"""Maintainers' scripts: they write data and pages that the repository ships."""
