// ochre::dispatch: every instruction set that this CPU runs gives right results, and the one asked for is the one used.
// That each object has the instructions of its name and hides all it defines: dispatch_objects_test.sh.
#include <doctest/doctest.h>

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include <ochre/colorizer_file.hpp>
#include <ochre/dispatch.hpp>
#include <ochre/network/random_weights.hpp>

#include "support/engine_network.hpp"
#include "support/golden.hpp"

namespace {

using namespace ochre;

// A smooth scene of 40 x 30, coloured.
std::vector<std::uint8_t> colored(const ColorizerKernels& kernels) {
  std::vector<std::uint8_t> gray(40 * 30), rgb(3 * gray.size());
  for (std::size_t i = 0; i < gray.size(); ++i) gray[i] = static_cast<std::uint8_t>(40 + 4 * (i % 40) + i / 40);
  const auto colorizer =
      Colorizer::open(OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors", {.size = 32}, kernels).value();
  auto workspace = colorizer.make_workspace({.h = 30, .w = 40}).value();
  const Status status =
      colorizer.colorize({.pixels = gray.data(), .width = 40, .height = 30, .row_stride = 40},
                         {.pixels = rgb.data(), .width = 40, .height = 30, .row_stride = 120}, workspace);
  REQUIRE(status.ok());
  return rgb;
}

}  // namespace

TEST_CASE("dispatch: every instruction set of this CPU computes the networks, each with kernels of its own") {
  const auto list = dispatch::available();
  REQUIRE(!list.empty());
  CHECK(std::string(list.back().name) == "baseline");
  std::set<const void*> tables;
  for (const dispatch::Isa& isa : list) {
    CAPTURE(isa.name);
    CHECK(std::string(isa.name) == isa.kernels.engine->isa);
    const auto tiles = isa.kernels.engine->tile_unit;  // which amx has beside the kernels of avx512bf16
    tables.insert(tiles == nullptr ? reinterpret_cast<const void*>(isa.kernels.engine->make_convolution)
                                   : reinterpret_cast<const void*>(tiles));
    for (const auto* network : test::small_networks) {
      CAPTURE(network->text);
      const auto engine =
          Engine::create(parse_network(network->text).value(), random_weights<float>(1), {}, *isa.kernels.engine);
      REQUIRE(engine);
      CHECK(std::string(engine->plan().isa) == isa.name);
      const auto input = test::random_input(network->input);
      const auto output = test::run_once(*engine, input.view());
      const auto comparison = test::compare_networks(output.view(), test::exact_output(*engine, input.view()).view(),
                                                     test::error_growth(*engine, network->input));
      INFO(to_string(comparison));
      CHECK(comparison.holds());
      CHECK(comparison.decisive);
    }
    CHECK(isa.fma_peak(1) > 1e8);
  }
  CHECK(tables.size() == list.size());
}

TEST_CASE("dispatch: the colours are those of the compiler's own flags, but for rounding") {
  const auto expected = colored(colorizer_kernels<>());
  for (const dispatch::Isa& isa : dispatch::available()) {
    CAPTURE(isa.name);
    const auto actual = colored(isa.kernels);
    int largest = 0;
    for (std::size_t i = 0; i < actual.size(); ++i) largest = std::max(largest, std::abs(actual[i] - expected[i]));
    CHECK(largest <= 1);
  }
}

TEST_CASE("dispatch: products of bf16 where the instruction set is faster with them, of float elsewhere, right both") {
  for (const dispatch::Isa& isa : dispatch::available()) {
    CAPTURE(isa.name);
    for (const Precision precision : {Precision::split, Precision::bf16}) {
      const auto engine = Engine::create(parse_network(test::chain.text).value(), random_weights<float>(1),
                                         {.precision = precision}, *isa.kernels.engine);
      REQUIRE(engine);
      CHECK(engine->plan().precision == isa.kernels.engine->products(precision).precision);
      CHECK((isa.kernels.engine->tile_unit != nullptr) == (std::string(isa.name) == "amx"));
      if (isa.kernels.engine->tile_unit != nullptr) CHECK(engine->plan().precision == precision);
      const auto input = test::random_input(test::chain.input);
      const auto output = test::run_once(*engine, input.view());
      const auto comparison = test::compare_networks(output.view(), test::exact_output(*engine, input.view()).view(),
                                                     test::error_growth(*engine, test::chain.input));
      INFO(to_string(comparison));
      CHECK(comparison.holds());
    }
  }
}

TEST_CASE("dispatch: what is asked for, in a call or by OCHRE_ISA, is what one gets, or an error") {
  ::unsetenv("OCHRE_ISA");
  const auto list = dispatch::available();
  CHECK(dispatch::choose().value() == &list.front());
  for (const dispatch::Isa& isa : list) {
    CHECK(dispatch::choose(isa.name).value() == &isa);
    ::setenv("OCHRE_ISA", isa.name, 1);
    CHECK(dispatch::choose().value() == &isa);
    CHECK(dispatch::choose("baseline").value() == &list.back());  // a call goes before the environment
  }
  const auto refused = [](const Result<const dispatch::Isa*>& chosen, const std::string& says) {
    REQUIRE(!chosen);
    CHECK(chosen.error().code == ErrorCode::unsupported);
    CAPTURE(chosen.error().message());
    CHECK(chosen.error().message().find(says) != std::string::npos);
    CHECK(chosen.error().message().find("baseline") != std::string::npos);  // what there is
  };
  ::setenv("OCHRE_ISA", "avx1024", 1);
  refused(dispatch::choose(), "OCHRE_ISA names the instruction set `avx1024`");
  refused(dispatch::choose("mmx"), "asked for the instruction set `mmx`");
  refused(dispatch::choose(""), "``");
  ::setenv("OCHRE_ISA", "", 1);
  CHECK(dispatch::choose().value() == &list.front());
  ::unsetenv("OCHRE_ISA");
}
