"""The product's infrastructure: one template, its packaging, and the same template on a local cloud."""
