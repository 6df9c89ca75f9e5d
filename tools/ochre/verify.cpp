// ochre verify: replays the proof that stands in a model file.
#include <algorithm>
#include <cstdio>
#include <span>

#include <ochre/camera_memory_file.hpp>

#include "engine.hpp"
#include "memory_remark.hpp"
#include "model_file.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace {

void print_layers(const ProofReport& report) {
  std::printf("%s%s%s%s\n", left("layer", 20).c_str(), left("kind", 18).c_str(), left("output", 20).c_str(),
              right("error", 10).c_str());
  for (const ProofCheck& layer : report.layers) {
    std::printf("%s%s%s%s  %s\n", left(layer.name, 20).c_str(), left(layer.kind, 18).c_str(),
                left(to_string(layer.shape), 20).c_str(), right(scientific(layer.error), 10).c_str(),
                layer.holds() ? "holds" : "FAILS");
  }
}

int verify_camera(const VerifyOptions& options, std::span<const std::byte> bytes) {
  const auto report = verify_memory(bytes);
  if (!report) return fail(Error{report.error()}.in(options.model));
  const double error = std::max(report->formula_error, report->fast_error);
  const std::string cells = std::to_string(report->cells) + " cells of its first picture";
  if (!report->holds()) {
    say(options.model + ": its answers on " + cells + " are " + scientific(error) + " from those stored, tolerance " +
        scientific(MemoryProofReport::tolerance));
    return check_failed;
  }
  std::printf("%s hold: largest error %s in ab, tolerance %s\n", cells.c_str(), scientific(error).c_str(),
              scientific(MemoryProofReport::tolerance).c_str());
  return done;
}

}  // namespace

int run_verify(const VerifyOptions& options) {
  const auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return fail(file.error());
  if (is_camera_memory(file->bytes())) return verify_camera(options, file->bytes());
  const auto model = Model::parse(file->bytes());
  if (!model) return fail(Error{model.error()}.in(options.model));
  // A proof's activations are few (audit/proof_claim.hpp), its weights are the model's.
  say_memory(options.model, 8.0 * static_cast<double>(model->network.parameters()), options.quiet);
  const auto report = verify_proof(*model);
  if (!report) {
    say(options.model + ": " + report.error().message());
    const ErrorCode code = report.error().code;  // of what cannot be replayed here, whatever it says
    return code == ErrorCode::out_of_memory || code == ErrorCode::too_large ? unusable_input : check_failed;
  }
  if (!options.quiet) {
    print_layers(*report);
    std::printf(
        "\nerror: the largest difference of a sample, the minimum, maximum, mean or rms\n"
        "from what %s found on an input %s,\n"
        "as a share of the number or of the layer's rms, whichever is larger.\n\n"
        "What holds is whole: no fault of a machine, a build or the way here. Whoever\n"
        "changes a model can make its proof anew; --sha256 guards against that.\n\n",
        weights::printable(report->computed_by).c_str(), to_string(report->input_shape).c_str());
  }
  if (const ProofCheck* layer = report->first_failure()) {
    say(options.model + ": layer " + layer->name + ": " + layer->failure);
    return check_failed;
  }
  std::printf("%zu of %zu layers hold: largest error %s, tolerance %s\n", report->layers.size(), report->layers.size(),
              scientific(report->largest_error()).c_str(), scientific(proof_tolerance).c_str());
  return done;
}

}  // namespace ochre::program
