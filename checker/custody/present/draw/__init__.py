"""Pictures, as DOT text that graphviz turns into SVG, PNG or PDF. Without graphviz the DOT text is still made."""
