@_exported import Datasets
@_exported import Kernels
@_exported import Networks
@_exported import Optimizers
@_exported import Primitives
@_exported import Training

@_exported import protocol HDF5.HDF5Element
