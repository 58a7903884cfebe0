"""All that `collect` does to the world. It never decodes a pixel."""
