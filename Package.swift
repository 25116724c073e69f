// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "lockstep",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "HDF5", targets: ["HDF5"])
  ],
  targets: [
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CXXHash", pkgConfig: "libxxhash",
      providers: [.apt(["libxxhash-dev"]), .brew(["xxhash"])]),
    .target(name: "Primitives", dependencies: ["CXXHash"]),
    .target(name: "HDF5", dependencies: ["CHDF5"]),
    .target(name: "Kernels", dependencies: ["Primitives"]),
    .target(name: "Networks", dependencies: ["Kernels", "Primitives"]),
    .target(name: "Optimizers", dependencies: ["Kernels", "Primitives"]),
    .target(name: "Datasets", dependencies: ["HDF5", "Kernels", "Primitives"]),
    .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"]),
    .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "CHDF5"]),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "Primitives"]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "Kernels", "Primitives"]),
    .testTarget(name: "OptimizersTests", dependencies: ["Optimizers", "Primitives"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "HDF5", "Primitives"]),
  ],
  swiftLanguageModes: [.v6]
)
