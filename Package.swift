// swift-tools-version: 6.2
import PackageDescription

/// What `Lockstep` exports under its name. Whoever uses it depends on each of these, not on `Lockstep` alone: the build
/// compiles a target anew only when a module changes that it depends on directly, and types seen through a re-export
/// would otherwise keep an old layout in old object files.
let exported: [String] = ["Datasets", "HDF5", "Kernels", "Networks", "Optimizers", "Primitives", "Training"]
let lockstep: [Target.Dependency] = (["Lockstep"] + exported).map { .target(name: $0) }

let package = Package(
  name: "lockstep",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Lockstep", targets: ["Lockstep"] + exported),
    .library(name: "HDF5", targets: ["HDF5"]),
    .executable(name: "lockstep", targets: ["LockstepCLI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // System libraries and shims.
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CXXHash", pkgConfig: "libxxhash",
      providers: [.apt(["libxxhash-dev"]), .brew(["xxhash"])]),
    .systemLibrary(
      name: "CDeflate", pkgConfig: "libdeflate",
      providers: [.apt(["libdeflate-dev"]), .brew(["libdeflate"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "CPlatform"),
    .target(name: "CKernels"),

    // From the bottom up; each target imports only what stands above it here.
    .target(name: "Primitives", dependencies: ["CPlatform", "CXXHash"]),
    .target(name: "HDF5", dependencies: ["CHDF5"]),
    .target(name: "Kernels", dependencies: ["CKernels", "Primitives"]),
    .target(name: "Networks", dependencies: ["Kernels", "Primitives"]),
    .target(name: "Optimizers", dependencies: ["Kernels", "Primitives"]),
    .target(name: "Datasets", dependencies: ["CDeflate", "CZlib", "HDF5", "Kernels", "Primitives"]),
    .target(
      name: "Training",
      dependencies: [
        "CPlatform", "Datasets", "HDF5", "Kernels", "Networks", "Optimizers", "Primitives",
      ]),
    .target(name: "Lockstep", dependencies: exported.map { .target(name: $0) }),
    .target(name: "Lessons", dependencies: lockstep),
    .executableTarget(
      name: "LockstepCLI",
      dependencies: lockstep + [
        "Lessons", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .target(name: "TestSupport", dependencies: ["HDF5"], path: "Tests/TestSupport"),
    .target(name: "CallCount", path: "Tests/CallCount"),
    .executableTarget(
      name: "StepCounts", dependencies: lockstep + ["CallCount"], path: "Tests/StepCounts"),
    .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"]),
    .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "CHDF5"]),
    .testTarget(
      name: "KernelsTests", dependencies: ["CKernels", "Kernels", "Primitives"],
      resources: [.copy("Reference")]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "Kernels", "Primitives"]),
    .testTarget(
      name: "OptimizersTests", dependencies: ["Optimizers", "Primitives"], resources: [.copy("Reference")]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "HDF5", "Primitives", "TestSupport"],
      resources: [.copy("Conversion/Reference")]),
    .testTarget(
      name: "TrainingTests", dependencies: lockstep + ["TestSupport"],
      resources: [.copy("Reference")]),
    .testTarget(name: "LessonsTests", dependencies: lockstep + ["Lessons"]),
    .testTarget(
      name: "EndToEndTests", dependencies: lockstep + ["LockstepCLI"], exclude: ["Python"]),
  ],
  swiftLanguageModes: [.v6]
)
