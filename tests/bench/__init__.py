"""``make bench``: what the product costs and how long it makes people wait, as ratios and counts of one run.

Not a test: what is measured depends on the machine, so that times are divided by what the same machine takes for the same AWS
calls, or for a bare start. ``rows`` lists what is measured, each by a module of this folder.
"""
