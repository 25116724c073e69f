import ArgumentParser
import Lockstep

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Tells what an HDF5 file holds: a dataset, a checkpoint or something else.",
    discussion: """
      Examples:
        lockstep inspect linear.h5
        lockstep inspect linear.weights.h5 --json
      """)

  @Argument(help: "The file.", completion: .file())
  var file: String
  @OptionGroup var others: OtherFilesOption
  @OptionGroup var console: OutputOptions

  func run() throws {
    let inspection = try FileInspection(file, followingOtherFiles: others.allowOtherFiles)
    if console.json {
      try inspection.json.printResult()
    } else {
      try Console.result(inspection.text)
    }
  }
}

extension FileInspection {
  fileprivate var json: JSON {
    var object: [String: JSON] = [
      "file": .string(path), "kind": .string(kind.rawValue), "bytes": .integer(bytes),
      "datasets": .array(
        datasets.map { dataset in
          .object([
            "path": .string(dataset.path), "shape": .array(dataset.shape.map(JSON.integer)),
            "type": .string(dataset.type), "layout": .string(dataset.layout),
            "filters": .array(dataset.filters.map(JSON.string)),
            "other_files": .array(dataset.otherFiles.map(JSON.string)),
          ])
        }),
      "links": .object(
        Dictionary(uniqueKeysWithValues: links.map { ($0.path, JSON.string($0.target)) })),
      "attributes": .object(
        Dictionary(uniqueKeysWithValues: attributes.map { ($0.name, JSON.string($0.value)) })),
    ]
    if let checkpoint {
      object["configuration"] = .object(
        Dictionary(
          uniqueKeysWithValues: checkpoint.recipe.options.map { ($0.name, JSON.string($0.value)) }))
      object["network"] = .string(checkpoint.recipe.network.summary)
      object["parameters"] = .integer(checkpoint.recipe.network.parameterCount ?? 0)
      object["progress"] = .object([
        "epoch": .integer(checkpoint.progress.epoch), "step": .integer(checkpoint.progress.step),
        "global_step": .integer(checkpoint.progress.globalStep),
        "best_value": .optional(checkpoint.progress.best?.value),
        "best_epoch": checkpoint.progress.best.map { .integer($0.epoch) } ?? .null,
        "patience": checkpoint.patience.map { .integer($0) } ?? .null,
        "dataset_fingerprint": .string(checkpoint.datasetDigest),
      ])
      object["history"] = .object([
        "loss": .array(checkpoint.history.map { .number($0.loss) }),
        "validation_loss": .array(checkpoint.history.map { .number($0.validationLoss) }),
        "learning_rate": .array(checkpoint.history.map { .number($0.learningRate) }),
        "seconds": .array(checkpoint.history.map { .number($0.seconds) }),
      ])
      object["parameters_digest"] = .string(checkpoint.parametersDigest.description)
    }
    return .object(object)
  }

  fileprivate var text: String {
    var rows = [("file", "\(path), \(Format.count(bytes)) bytes"), ("kind", kind.text)]
    rows += attributes.map { ($0.name, $0.value) }
    if let checkpoint {
      rows.append(("network", checkpoint.recipe.network.summary))
      rows.append(("parameters", Format.count(checkpoint.recipe.network.parameterCount ?? 0)))
      rows.append(("parameters digest", checkpoint.parametersDigest.description))
      rows += checkpoint.recipe.options.map { ("--\($0.name)", $0.value) }
      let progress = checkpoint.progress
      rows.append(("epochs completed", "\(progress.epoch)"))
      rows.append(("steps into the next", "\(progress.step)"))
      rows.append(("steps in all", Format.count(progress.globalStep)))
      if let last = checkpoint.history.last {
        rows.append(("loss", Format.number(last.loss)))
        if !last.validationLoss.isNaN {
          rows.append(("validation loss", Format.number(last.validationLoss)))
        }
      }
      if let best = progress.best {
        rows.append(("best validation loss", "\(Format.number(best.value)) after epoch \(best.epoch)"))
      }
      if let patience = checkpoint.patience {
        rows.append(
          (
            "early stopping",
            "after \(Format.count(patience, "epoch")) without a better one; the layers are the best"
          ))
      }
      rows.append(("dataset digest", checkpoint.datasetDigest))
    }
    for dataset in datasets {
      let shape = dataset.shape.map(String.init).joined(separator: " x ")
      let filters = dataset.filters.isEmpty ? "" : ", " + dataset.filters.joined(separator: ", ")
      let others = dataset.otherFiles.prefix(3).joined(separator: ", ")
      let rest = dataset.otherFiles.count > 3 ? ", ..." : ""
      rows.append(
        (
          dataset.path,
          "\(shape.isEmpty ? "one value" : shape)  \(dataset.type), \(dataset.layout)\(filters)"
            + (others.isEmpty ? "" : ", in \(others)\(rest)")
        ))
    }
    rows += links.map { ($0.path, "external link to \($0.target)") }
    return Format.table(rows)
  }
}
