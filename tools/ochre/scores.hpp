// The figures of `ochre eval`, over the pictures of a folder or of a part of it. What is scored is what a user gets:
// 16-bit sRGB out of the Colorizer, its ab for the AuC and the surfaces, rounded to 8 bits for the PSNR. Colours
// outside sRGB have lost their excess chroma by then; tools/train/evaluate.py scores them as predicted, so a model that
// exaggerates gets less from it. Tested by cli/eval_test.cpp.
#pragma once

#include <cstddef>

#include <ochre/color/metrics.hpp>
#include <ochre/color/surface_score.hpp>
#include <ochre/image_io/loaded_picture.hpp>

#include "json_text.hpp"

namespace ochre::program {

// A figure of eval's to four decimals. JSON knows no infinity: the PSNR of equal pictures becomes null.
Json rounded(double value);

// The scores of one way to colour.
struct ScoreRow {
  color::AucScore auc;
  color::PsnrScore psnr;
  color::SurfaceScore surfaces;

  Json pixels_json() const;
  Json surfaces_json() const;
};

class Scores {
 public:
  // For squares of that side.
  static Result<Scores> create(Index side);

  // A square of rgb8 and its coloured version in rgb16.
  void add(const LoadedPicture& truth, const LoadedPicture& colored);

  std::size_t pictures() const noexcept { return pictures_; }

  // All figures, those of the grey picture under "grey".
  Json json() const;
  void print() const;

 private:
  Scores(color::SurfaceScore model, color::SurfaceScore gray)
      : model_{{}, {}, std::move(model)}, gray_{{}, {}, std::move(gray)} {}

  ScoreRow model_;
  ScoreRow gray_;
  color::ColorfulnessScore colorfulness_;
  color::ColorfulnessScore truth_;
  std::size_t pictures_ = 0;
};

}  // namespace ochre::program
