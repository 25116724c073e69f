// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that who uses Lockstep never resolves what its benchmarks need.
let lockstep: Target.Dependency = .product(name: "Lockstep", package: "lockstep")

let package = Package(
  name: "lockstep-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "lockstep", path: ".."),
    // Without its traits, which count calls by libraries of their own: StepCounts does that.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .target(name: "Workloads", dependencies: [lockstep]),
    .executableTarget(name: "ReproducibilityCost", dependencies: [lockstep, "Workloads"]),
    .executableTarget(
      name: "Reading", dependencies: [lockstep, .product(name: "HDF5", package: "lockstep")]),
    // The plugin looks for benchmarks in folders right below one called Benchmarks.
    .executableTarget(
      name: "Timing",
      dependencies: [lockstep, "Workloads", .product(name: "Benchmark", package: "benchmark")],
      path: "Timing", plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
  ],
  swiftLanguageModes: [.v6]
)
