"""What the suites share: invented people, worlds to act in, and readers of what comes out."""
