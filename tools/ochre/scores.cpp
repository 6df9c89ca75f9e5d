#include "scores.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <ochre/base/finite.hpp>
#include <ochre/color/srgb_lab.hpp>

#include "terminal.hpp"

namespace ochre::program {

Result<Scores> Scores::create(Index side) {
  auto model = color::SurfaceScore::create({side, side});
  auto gray = color::SurfaceScore::create({side, side});
  if (!model) return std::move(model).error();
  if (!gray) return std::move(gray).error();
  return Scores(*std::move(model), *std::move(gray));
}

void Scores::add(const LoadedPicture& truth, const LoadedPicture& colored) {
  const Index width = truth.width;
  const auto samples = static_cast<std::size_t>(3 * width);
  std::vector<float> true_lab(samples);
  std::vector<float> lab(samples);
  const std::vector<float> zero(static_cast<std::size_t>(width));
  std::vector<std::uint8_t> rgb(samples);
  std::vector<std::uint8_t> gray(samples);
  float* const true_l = true_lab.data();
  float* const true_a = true_l + width;
  float* const true_b = true_a + width;
  float* const l = lab.data();
  float* const a = l + width;
  float* const b = a + width;
  for (Index y = 0; y < truth.height; ++y) {
    const std::uint8_t* true_row = truth.view().row(y);
    const std::uint8_t* row = colored.view().row(y);
    color::srgb_to_lab_row(true_row, PixelFormat::rgb8, width, true_l, true_a, true_b);
    color::srgb_to_lab_row(row, PixelFormat::rgb16, width, l, a, b);
    model_.auc.add_row(a, b, true_a, true_b, width);
    model_.surfaces.add_row(a, b, true_a, true_b);
    gray_.auc.add_row(zero.data(), zero.data(), true_a, true_b, width);
    gray_.surfaces.add_row(zero.data(), zero.data(), true_a, true_b);

    for (std::size_t i = 0; i < samples; ++i) {
      std::uint16_t wide = 0;
      std::memcpy(&wide, row + 2 * i, sizeof(wide));
      rgb[i] = static_cast<std::uint8_t>((wide + 128u) / 257u);
    }
    color::lab_to_srgb_row(true_l, zero.data(), zero.data(), width, gray.data(), PixelFormat::rgb8);
    model_.psnr.add_row(rgb.data(), true_row, width);
    gray_.psnr.add_row(gray.data(), true_row, width);
    colorfulness_.add_row(rgb.data(), width);
    truth_.add_row(true_row, width);
  }
  for (ScoreRow* score : {&model_, &gray_}) {
    score->psnr.finish_picture();
    score->surfaces.finish_picture();
  }
  colorfulness_.finish_picture();
  truth_.finish_picture();
  ++pictures_;
}

Json rounded(double value) {
  if (!is_finite(value)) return nullptr;
  return std::round(value * 1e4) / 1e4;
}

Json ScoreRow::pixels_json() const {
  return {{"auc", rounded(auc.auc())},
          {"auc_rebalanced", rounded(auc.auc_rebalanced())},
          {"psnr_rgb", rounded(psnr.mean())}};
}

Json ScoreRow::surfaces_json() const {
  return {{"neutral_chroma", rounded(surfaces.neutral_chroma())},
          {"false_red", rounded(surfaces.false_red())},
          {"patchiness", rounded(surfaces.patchiness())},
          {"mean_ab_error", rounded(surfaces.mean_ab_error())}};
}

Json Scores::json() const {
  Json all = model_.pixels_json();
  all["colourfulness"] = rounded(colorfulness_.mean());
  all["colourfulness_truth"] = rounded(truth_.mean());
  all.update(model_.surfaces_json());
  all["grey"] = gray_.pixels_json();
  all["grey"].update(gray_.surfaces_json());
  return all;
}

void Scores::print() const {
  const auto line = [](const char* label, const std::string& model, const std::string& gray, const std::string& truth) {
    std::printf("%s%s%s%s\n", left(label, 26).c_str(), right(model, 12).c_str(), right(gray, 12).c_str(),
                right(truth, 12).c_str());
  };
  const auto pair = [&](const char* label, double model, double gray, const char* truth) {
    line(label, fixed(model, 2), fixed(gray, 2), truth);
  };
  line("", "model", "grey", "truth");
  pair("AuC, %", model_.auc.auc(), gray_.auc.auc(), "100.00");
  pair("AuC rebalanced, %", model_.auc.auc_rebalanced(), gray_.auc.auc_rebalanced(), "100.00");
  pair("PSNR of RGB, dB", model_.psnr.mean(), gray_.psnr.mean(), "");
  line("colourfulness", fixed(colorfulness_.mean(), 2), "0.00", fixed(truth_.mean(), 2));
  pair("neutral chroma", model_.surfaces.neutral_chroma(), gray_.surfaces.neutral_chroma(), "");
  pair("false red, %", model_.surfaces.false_red(), gray_.surfaces.false_red(), "0.00");
  pair("patchiness", model_.surfaces.patchiness(), gray_.surfaces.patchiness(), "");
  pair("mean ab error", model_.surfaces.mean_ab_error(), gray_.surfaces.mean_ab_error(), "0.00");
}

}  // namespace ochre::program
