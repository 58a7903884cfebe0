"""All that `detect` does to the world: label files, models and their runtimes, images, files of what was found."""
