import Benchmark
import Foundation
import Lockstep

/// Reading datasets into memory, every number checked, and writing checkpoints, put in place and on the disk.
func files() {
  let (rows, features) = (200_000, 16)
  let formats: [(String, DatasetFormat)] = [
    ("contiguous", DatasetFormat()), ("in chunks", DatasetFormat(chunkRows: 4096)),
    ("compressed", DatasetFormat(compression: 1)),
  ]
  for (name, format) in formats {
    // Features and one target, from the system's cache.
    let bytes = Double(rows * (features + 1) * MemoryLayout<Float>.stride)
    measure("read \(rows) rows of \(features) features, \(name)", (.bytes, amount: bytes)) {
      let file = TemporaryFile("samples.h5")
      let problem = LinearProblem(coefficients: [Double](repeating: 1, count: features))
      try DatasetWriter<Float>(problem, rows: rows, format: format, source: "benchmark")
        .write(to: file.path, threads: 2)
      return {
        let rows = try FileRows<Float>(DatasetFile(DatasetLocation(file: file.path)), role: .values)
        blackHole(try SamplesLoader(rows).load())
      }
    }
  }
  for hidden in [[10], [512, 512]] {
    let network = MLP(inputs: 64, hidden: hidden, outputs: 1)
    // Parameters and both moments.
    let bytes = Double(3 * ParameterLayout(network).count * MemoryLayout<Float>.stride)
    measure("write a checkpoint of \(network.summary) with adam", (.bytes, amount: bytes)) {
      let file = TemporaryFile("model.weights.h5")
      let samples: Samples<Float> = LinearProblem(coefficients: [Double](repeating: 1, count: 64)).samples(
        100)
      let trainer = try Trainer(
        recipe: Recipe(network: network, loss: .meanSquaredError, optimizer: .adam(Adam()), batchSize: 100),
        samples: samples)
      try trainer.train(epochs: 3)
      return { try trainer.checkpoint().write(to: file.path) }
    }
  }
}

/// The path of a file in a folder of its own, which is removed with the last reference.
private final class TemporaryFile {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("lockstep-benchmark-\(UUID().uuidString)")
  let path: String

  init(_ name: String) {
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appendingPathComponent(name).path
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}
