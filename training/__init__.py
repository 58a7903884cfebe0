"""Makes the shipped detector again from data: labels, crops, network, training, measurement, card.

Stands beside the package and is never imported by it. Needs PyTorch and the shared data; `make train` runs it.
"""
