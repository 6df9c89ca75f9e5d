// ochre audit: every layer of the fast engine against the readable one, on a picture or on random lightness.
#include <algorithm>
#include <cstdio>

#include <ochre/color/plain_border.hpp>
#include <ochre/color/working_size.hpp>
#include <ochre/network/random_weights.hpp>

#include "audit_report.hpp"
#include "engine.hpp"
#include "memory_remark.hpp"
#include "model_file.hpp"
#include "output_file.hpp"
#include "precision.hpp"
#include "read_picture.hpp"
#include "terminal.hpp"

namespace ochre::program {

namespace {

Result<Tensor<float>> make_input(const AuditOptions& options, const Model& model) {
  const auto own = model.number("size", 256);
  if (!own) return Error{own.error()}.in(options.model);
  const Index size = options.size ? *options.size : static_cast<Index>(std::clamp(*own, 8.0, 4096.0));
  if (!options.picture.empty()) {
    const auto picture = read_picture(options.picture, options.limit, options.quiet);
    if (!picture) return picture.error();
    const PictureView seen = part_of(picture->view(), color::inside_of_border(picture->view()));  // as colorize does
    auto input = lightness_input(model.network, seen, size);
    if (!input) return std::move(input).error().in(options.picture);
    return input;
  }
  const Extent working = color::working_size({size, size}, size);
  auto input = Tensor<float>::create({1, model.network.input_channels, working.h, working.w});
  if (!input) return input;
  RandomNumbers random(2);
  for (Index i = 0; i < working.h * working.w; ++i) {  // other channels, a user's hints, are zero
    const double lightness = 50 + 50 * random.uniform();
    input->data()[i] = static_cast<float>(model.network.normalised_lightness ? (lightness - 50) / 100 : lightness);
  }
  return input;
}

enum class Audited { output, every_layer };

Result<AuditReport> audit_one(const AuditOptions& options, const Model& model, Audited what,
                              TensorView<const float> input, AuditFigures& figures) {
  const bool all = what == Audited::every_layer;
  const auto engine = open_engine(model, {.input = input.shape,
                                          .threads = figures.threads,
                                          .precision = wanted_precision(options.precision, options.quiet),
                                          .keep_all = all,
                                          .every_layer = all});
  if (!engine) return engine.error();
  figures.isa = engine->plan().isa;
  figures.precision = engine->plan().precision;
  Progress progress(engine->plan().steps.size() + 1, options.quiet);
  const auto show = [&](Index step) {
    const auto& steps = engine->plan().steps;
    const auto at = static_cast<std::size_t>(step);
    const bool is_layer = at < steps.size() && !steps[at].layers.empty();
    progress.begin(is_layer ? model.network.layers[static_cast<std::size_t>(steps[at].layers[0])].name : "");
  };
  return audit_engine(*engine, model, input, {.threads = figures.threads, .progress = show});
}

// The network's output; then, if there is more, what it does not depend on: in an engine of all layers, each by itself.
Status audit_all(const AuditOptions& options, const Model& model, AuditFigures& figures) {
  const auto input = make_input(options, model);
  if (!input) return input.error();
  const NetworkDescription& network = model.network;
  const Shape& shape = input->shape();
  say_memory(options.model, fast_bytes(network, shape) + readable_bytes(network, shape, true), options.quiet);
  auto report = audit_one(options, model, Audited::output, input->view(), figures);
  if (!report) return Error{report.error()}.in(options.model);
  figures.report = *std::move(report);
  const auto& layers = figures.report.layers;
  if (std::all_of(layers.begin(), layers.end(), [](const auto& layer) { return layer.leader >= 0; })) return {};
  const auto more = audit_one(options, model, Audited::every_layer, input->view(), figures);
  if (!more) return Error{more.error()}.in(options.model);
  figures.report.add(*more);
  return {};
}

int verdict(const AuditOptions& options, const AuditReport& report) {
  if (report.pass()) {
    const auto& worst = *report.worst_layer();
    std::printf("%zu of %zu layers hold: largest ratio %s, layer %s\n", report.layers.size(), report.layers.size(),
                fixed(worst.judgement.ratio, 4).c_str(), worst.name.c_str());
    return done;
  }
  if (const auto* layer = report.first_failure()) {
    say(options.model + ": layer " + layer->name + ": " + layer->judgement.failure);
  } else if (!report.whole.pass) {
    say(options.model + ": the whole network: " + report.whole.failure);
  } else {
    say(options.model + ": a change of layout spoilt a number");
  }
  return check_failed;
}

}  // namespace

int run_audit(const AuditOptions& options) {
  const auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return fail(file.error());
  const auto model = Model::parse(file->bytes());
  if (!model) return fail(Error{model.error()}.in(options.model));
  const Status writable = options.json.empty() ? Status() : try_output_file(options.json);
  if (!writable) return fail(writable.error());
  AuditFigures figures;
  figures.network = model->network.name;
  figures.threads = options.threads == 0 ? available_threads() : options.threads;
  if (const Status status = audit_all(options, *model, figures); !status) return fail(status.error());
  figures.peak = fma_peak(figures.threads);
  if (!options.json.empty()) {
    const std::string text = audit_json(options, figures);
    const Status status = write_output(options.json, std::as_bytes(std::span(text)));
    if (!status) return fail(status.error());
  }
  if (!options.quiet) print_audit_table(options, figures);
  return verdict(options, figures.report);
}

}  // namespace ochre::program
