"""Overlook: what overhead imagery of a site shows, and what it could have missed."""
