import Datasets
import HDF5
import Kernels
import Networks
import Primitives

/// The layout in which Keras 3 keeps the parameters of a stack of dense layers: `layers/dense/vars/0` is the first
/// kernel, inputs by outputs, `layers/dense/vars/1` its bias, `layers/dense_1/...` the second layer's and so on.
enum KerasWeights {
  /// The group of layer `index`.
  static func name(ofLayer index: Int) -> String { index == 0 ? "dense" : "dense_\(index)" }

  /// Writes the `parameters` of `network` below `location`, and beside each layer's the name that Keras has for its
  /// activation.
  static func write<Element: Scalar & HDF5Element>(
    _ parameters: [Element], of network: MLP, to location: borrowing some Location & ~Copyable
  ) throws(HDF5Error) {
    for (index, layer) in ParameterLayout(network).layers.enumerated() {
      let name = name(ofLayer: index)
      let activation = network.layers[index].activation
      let group = try location.createGroup("layers/\(name)/vars")
      try group.setAttribute("name", name)
      try group.setAttribute("activation", activation.kerasName ?? activation.rawValue)
      try write(
        Array(parameters[layer.kernel]), shape: [layer.inputs, layer.outputs], as: "0", to: group)
      try write(Array(parameters[layer.bias]), shape: [layer.outputs], as: "1", to: group)
    }
  }

  /// Writes one array in chunks with checksums, so that damage cannot pass for data.
  static func write<Element: HDF5Element>(
    _ values: [Element], shape: [Int], as name: String, to group: borrowing Group
  ) throws(HDF5Error) {
    // At most a megabyte a chunk, in whole rows where they are not wider than that.
    let most = (1 << 20) / MemoryLayout<Element>.stride
    let width = min(shape[shape.count - 1], most)
    let chunk = shape.count == 1 ? [width] : [max(1, min(shape[0], most / width)), width]
    _ = try group.createDataset(
      name, values, shape: shape, options: DatasetOptions(layout: .chunked(chunk), fletcher32: true))
  }

  /// Reads the parameters of `network` from below `path` of a file.
  ///
  /// - Throws: ``LockstepError`` of kind `badData` if the layers in the file are not those of `network`.
  static func read<Element: Scalar & HDF5Element>(
    for network: MLP, from file: borrowing File, at path: String = "", as type: Element.Type = Element.self
  ) throws(LockstepError) -> [Element] {
    let names = try layerNames(in: file, at: path)
    let layout = ParameterLayout(network)
    guard names.count == layout.layers.count else {
      throw LockstepError(
        .badData, "\(file.path):\(path)/layers", "the file is for another network",
        found: "\(names.count) dense layers", expected: "\(layout.layers.count) for \(network.summary)",
        remedy: "Choose the widths that the file was made with.")
    }
    // All shapes first: what a file claims is allocated only if the file is large enough to hold it.
    for (name, layer) in zip(names, layout.layers) {
      try checkShape(of: "\(path)/layers/\(name)/vars/0", [layer.inputs, layer.outputs], in: file)
      try checkShape(of: "\(path)/layers/\(name)/vars/1", [layer.outputs], in: file)
    }
    var parameters = [Element](repeating: 0, count: layout.count)
    for (name, layer) in zip(names, layout.layers) {
      let variables = "\(path)/layers/\(name)/vars"
      try read(
        "\(variables)/0", shape: [layer.inputs, layer.outputs], into: &parameters, at: layer.kernel,
        from: file)
      try read("\(variables)/1", shape: [layer.outputs], into: &parameters, at: layer.bias, from: file)
    }
    return parameters
  }

  /// Reads one array of exactly `shape` into some of `values`.
  static func read<Element: Scalar & HDF5Element>(
    _ name: String, shape: [Int], into values: inout [Element], at range: Range<Int>,
    from file: borrowing File
  ) throws(LockstepError) {
    try checkShape(of: name, shape, in: file)
    let dataset = try withHDF5Errors { () throws(HDF5Error) in try file.openDataset(name) }
    try values.withUnsafeMutableBufferPointer { (buffer) throws(LockstepError) in
      let part = UnsafeMutableBufferPointer(rebasing: buffer[range])
      try withHDF5Errors { () throws(HDF5Error) in try dataset.read(into: part) }
    }
    let isFinite = values.withUnsafeBufferPointer {
      Elementwise.firstNonFinite(UnsafeBufferPointer(rebasing: $0[range])) == nil
    }
    guard isFinite else {
      throw LockstepError(
        .badData, "\(file.path):\(name)", "a parameter is not a finite number",
        remedy: "Use another file.")
    }
  }

  /// Throws if the array `name` does not have exactly `shape`, or is not all in the file.
  static func checkShape(of name: String, _ shape: [Int], in file: borrowing File) throws(LockstepError) {
    let found = try withHDF5Errors { () throws(HDF5Error) in try file.openDataset(name).shape }
    guard found == shape else {
      throw LockstepError(
        .badData, "\(file.path):\(name)", "the array does not fit the network", found: "shape \(found)",
        expected: "\(shape)", remedy: "Choose the widths that the file was made with.")
    }
  }

  /// The names of the dense layers in the order in which Keras numbered them.
  private static func layerNames(in file: borrowing File, at path: String) throws(LockstepError) -> [String] {
    let layers = try withHDF5Errors { () throws(HDF5Error) in
      try file.openGroup("\(path)/layers").children()
    }
    let numbered = layers.compactMap { child -> (Int, String)? in
      if child.name == "dense" { return (0, child.name) }
      guard child.name.hasPrefix("dense_"), let number = Int(child.name.dropFirst(6)) else { return nil }
      return (number, child.name)
    }
    return numbered.sorted { $0.0 < $1.0 }.map(\.1)
  }
}
