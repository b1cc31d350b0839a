"""The papers that a public body must hold about a stage, in French, made from its file and from the sources."""
