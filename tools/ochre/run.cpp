// ochre run: a network on an array of numbers, nothing else.
#include <type_traits>

#include <ochre/base/finite.hpp>
#include <ochre/image_io/npy.hpp>

#include "engine.hpp"
#include "memory_remark.hpp"
#include "model_file.hpp"
#include "output_file.hpp"
#include "precision.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace {

// Of the result in the output file, which is put together in memory; shapes: of all layers.
template <class T>
double file_bytes(const NetworkDescription& network, const RunOptions& options, const std::vector<Shape>& shapes) {
  const auto layer = static_cast<std::size_t>(wanted_layer(network, options.layer));
  return static_cast<double>(shapes[layer].size()) * sizeof(T);
}

// Says how many numbers are not finite, and where the first is.
template <class T>
void say_not_finite(const std::string& where, TensorView<const T> values, const std::string& remark) {
  Index count = 0;
  Index first = 0;
  for (Index i = values.shape.size() - 1; i >= 0; --i) {
    if (is_finite(values.data[i])) continue;
    ++count;
    first = i;
  }
  if (count == 0) return;
  say(where + ": " + std::to_string(count) + " of " + std::to_string(values.shape.size()) +
      " numbers are NaN or infinite, the first at " + std::to_string(first) + remark);
}

template <class T>
int run_in(const RunOptions& options, const Model& model) {
  const auto input = load_npy<T>(options.input);
  if (!input) return fail(input.error());
  const auto shapes = model.network.shapes(input->shape());
  if (!shapes) return fail(Error{shapes.error()}.in(options.input));
  const bool in_double = std::is_same_v<T, double>;
  say_memory(options.model,
             readable_bytes(model.network, input->shape(), in_double, options.layer) +
                 file_bytes<T>(model.network, options, *shapes),
             false);
  const auto network = open_network<T>(model);
  if (!network) return fail(Error{network.error()}.in(options.model));
  auto workspace = make_workspace(*network, {.input = input->shape(),
                                             .threads = options.threads == 0 ? available_threads() : options.threads,
                                             .layer = options.layer});
  if (!workspace) return fail(Error{workspace.error()}.in(options.input));
  say_not_finite<T>(options.input, input->view(), "");
  const auto output = run_network<T>(*network, input->view(), *workspace);
  if (!output) return fail(output.error());
  say_not_finite<T>(options.output, *output, "");
  const Status saved = write_output(options.output, encode_npy(*output));
  return saved ? done : fail(saved.error());
}

int run_fast(const RunOptions& options, const Model& model) {
  const auto input = load_npy<float>(options.input);
  if (!input) return fail(input.error());
  const auto shapes = model.network.shapes(input->shape());
  if (!shapes) return fail(Error{shapes.error()}.in(options.input));
  const int threads = options.threads == 0 ? available_threads() : options.threads;
  say_memory(
      options.model,
      fast_bytes(model.network, input->shape(), options.layer) + 2 * file_bytes<float>(model.network, options, *shapes),
      false);
  const auto engine = open_engine(model, {.layer = options.layer,
                                          .input = input->shape(),
                                          .threads = threads,
                                          .precision = wanted_precision(options.precision)});
  if (!engine) return fail(Error{engine.error()}.in(options.model));
  auto workspace = make_workspace(*engine, {.input = input->shape(), .threads = threads});
  if (!workspace) return fail(Error{workspace.error()}.in(options.input));
  const std::string remark = "; the fast engine may spread them, --engine readable does not";
  say_not_finite<float>(options.input, input->view(), remark);
  const auto output = run_engine(*engine, input->view(), *workspace);
  if (!output) return fail(output.error());
  say_not_finite<float>(options.output, *output, remark);
  const Status saved = write_output(options.output, encode_npy(*output));
  return saved ? done : fail(saved.error());
}

}  // namespace

int run_run(const RunOptions& options) {
  const bool in_double = options.precision == "double";
  if (in_double && options.engine == "fast")
    return misuse("--precision double: only --engine readable computes in double");
  if (precision_of(options.precision) != Precision::float32 && options.engine == "readable")
    return misuse("--precision " + options.precision + ": only --engine fast computes with it");
  const auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return fail(file.error());
  const auto model = Model::parse(file->bytes());
  if (!model) return fail(Error{model.error()}.in(options.model));
  if (!options.layer.empty() && !model->network.find(options.layer)) {
    return misuse("--layer " + options.layer + ": network " + model->network.name +
                  " has no such layer; `ochre info` lists them");
  }
  if (const Status status = try_output_file(options.output); !status) return fail(status.error());
  if (in_double) return run_in<double>(options, *model);
  return options.engine == "readable" ? run_in<float>(options, *model) : run_fast(options, *model);
}

}  // namespace ochre::program
