// Reads an ICC profile of versions 2 and 4 into a colour model: three curves and a matrix, a curve of grey, or the
// tables from a device to the connection space (lut8, lut16, lutAToB), of which that for photographs (A2B0) is taken.
// Every offset and count is checked against the profile's length. Source: ICC.1:2022, sections 7, 9 and 10. Tested by
// icc_profile_test.cpp and the fuzz target load_picture.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/color_model.hpp>
#include <ochre/image_io/rgb_primaries.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0::detail {

class IccProfile {
 public:
  // Nothing if it is damaged, or none of a screen, a camera, a scanner or a printer.
  static std::optional<ColorModel> read(std::span<const std::byte> file) {
    if (file.size() < tags_at + 4 || letters_of(file).substr(36, 4) != "acsp") return std::nullopt;
    return IccProfile(file).model();
  }

 private:
  static constexpr std::size_t tags_at = 128;  // after the header
  using Bytes = std::span<const std::byte>;

  explicit IccProfile(Bytes file) : file_(file) {}

  std::string_view device() const noexcept { return letters_of(file_).substr(16, 4); }
  bool is_lab() const noexcept { return letters_of(file_).substr(20, 4) == "Lab "; }

  static Bytes from(Bytes bytes, std::size_t at) noexcept { return bytes.subspan(std::min(at, bytes.size())); }

  // s15Fixed16
  static double fixed(Bytes bytes, std::size_t at) noexcept {
    return static_cast<std::int32_t>(big_endian32(bytes, at)) / 65536.0;
  }

  // Empty if there is none.
  Bytes tag(std::string_view name) const noexcept {
    constexpr std::size_t entry_bytes = 12;
    const Bytes entries = file_.subspan(tags_at + 4);
    const std::size_t count = std::min<std::size_t>(big_endian32(file_, tags_at), entries.size() / entry_bytes);
    for (std::size_t i = 0; i < count; ++i) {
      const Bytes entry = entries.subspan(i * entry_bytes, entry_bytes);
      if (letters_of(entry).substr(0, 4) != name) continue;
      const std::size_t at = big_endian32(entry, 4);
      const std::size_t length = big_endian32(entry, 8);
      if (at > file_.size() || length > file_.size() - at) return {};
      return file_.subspan(at, length);
    }
    return {};
  }

  std::optional<ColorModel> model() const {
    const std::string_view kind = device();
    if (kind == "GRAY") return gray();
    const std::size_t inputs = kind == "RGB " ? 3 : kind == "CMYK" ? 4 : 0;
    if (inputs == 0) return std::nullopt;
    if (const Bytes table = tag("A2B0"); !table.empty()) return table_model(table, inputs);
    return inputs == 3 ? matrix_model() : std::nullopt;
  }

  std::optional<ColorModel> gray() const {
    auto curve = curve_at(tag("kTRC")).first;
    if (!curve) return std::nullopt;
    ColorModel model = gray_model(*std::move(curve));
    if (is_lab()) {  // then the curve is of L*
      model.result = ColorModel::Result::lab;
      model.scale = {100, 0, 0};
    }
    return model;
  }

  std::optional<ColorModel> matrix_model() const {
    constexpr std::string_view curves[] = {"rTRC", "gTRC", "bTRC"};
    constexpr std::string_view colors[] = {"rXYZ", "gXYZ", "bXYZ"};
    ColorModel model;
    for (std::size_t i = 0; i < 3; ++i) {
      auto curve = curve_at(tag(curves[i])).first;
      const Bytes color = tag(colors[i]);
      if (!curve || color.size() < 20) return std::nullopt;
      model.middle.push_back(*std::move(curve));
      for (std::size_t row = 0; row < 3; ++row) model.matrix[row][i] = fixed(color, 8 + 4 * row);
    }
    return model;
  }

  // A curve and how many bytes it takes.
  static std::pair<std::optional<ToneCurve>, std::size_t> curve_at(Bytes bytes) {
    if (bytes.size() < 12) return {};
    const std::string_view kind = letters_of(bytes).substr(0, 4);
    if (kind == "para") return formula_at(bytes);
    const std::size_t count = big_endian32(bytes, 8);
    const Bytes values = bytes.subspan(12);
    if (kind != "curv" || count > values.size() / 2) return {};
    ToneCurve curve;
    if (count == 1) curve.formula.gamma = big_endian16(values, 0) / 256.0;
    for (std::size_t i = 0; i < count && count > 1; ++i) {
      curve.values.push_back(static_cast<float>(big_endian16(values, 2 * i)) / 65535);
    }
    return {std::move(curve), 12 + 2 * count};
  }

  // Of five kinds, with one to seven parameters.
  static std::pair<std::optional<ToneCurve>, std::size_t> formula_at(Bytes bytes) {
    constexpr std::size_t counts[] = {1, 3, 4, 5, 7};
    const std::size_t kind = big_endian16(bytes, 8);
    if (kind >= std::size(counts) || bytes.size() < 12 + 4 * counts[kind]) return {};
    double values[7] = {};
    for (std::size_t i = 0; i < counts[kind]; ++i) values[i] = fixed(bytes, 12 + 4 * i);
    CurveFormula formula{.gamma = values[0]};
    if (kind >= 1) formula.a = values[1];
    if (kind >= 1) formula.b = values[2];
    if (kind == 1 || kind == 2) formula.d = values[1] != 0 ? -values[2] / values[1] : 0;
    if (kind == 2) formula.e = formula.f = values[3];
    if (kind >= 3) formula.slope = values[3];
    if (kind >= 3) formula.d = values[4];
    if (kind == 4) formula.e = values[5];
    if (kind == 4) formula.f = values[6];
    return {ToneCurve{formula, {}}, 12 + 4 * counts[kind]};
  }

  std::optional<ColorModel> table_model(Bytes table, std::size_t inputs) const {
    if (table.size() < 32 || byte_at(table, 8) != inputs || byte_at(table, 9) != 3) return std::nullopt;
    const std::string_view kind = letters_of(table).substr(0, 4);
    ColorModel model;
    model.inputs = inputs;
    const bool is_read = kind == "mAB "                     ? read_stages(table, model)
                         : kind == "mft1" || kind == "mft2" ? read_tables(table, kind == "mft2", model)
                                                            : false;
    if (!is_read) return std::nullopt;
    set_result(kind, model);
    return model;
  }

  // XYZ to 1 + 32767/32768; L* to 100, a* and b* from -128 on; in 16 bits of version 2 the highest byte is 255.
  void set_result(std::string_view kind, ColorModel& model) const noexcept {
    if (!is_lab()) {
      model.scale.fill(65535.0f / 32768);
      return;
    }
    model.result = ColorModel::Result::lab;
    const float stretch = kind == "mft2" ? 65535.0f / 65280 : 1.0f;
    model.scale = {100 * stretch, 255 * stretch, 255 * stretch};
    model.zero = {0, -128, -128};
  }

  static float number(Bytes bytes, std::size_t i, bool is_wide) noexcept {
    return is_wide ? static_cast<float>(big_endian16(bytes, 2 * i)) / 65535
                   : static_cast<float>(byte_at(bytes, i)) / 255;
  }

  // As many curves of so many values each as stand one after another.
  static std::vector<ToneCurve> curves_of(Bytes bytes, std::size_t curves, std::size_t values, bool is_wide) {
    std::vector<ToneCurve> result(curves);
    for (std::size_t i = 0; i < curves * values; ++i) result[i / values].values.push_back(number(bytes, i, is_wide));
    return result;
  }

  static bool read_grid(Bytes bytes, bool is_wide, ColorGrid& grid) {
    std::size_t numbers = 3;
    const std::size_t room = bytes.size() / (is_wide ? 2 : 1);
    for (const std::size_t points : grid.points) {
      if (points < 2 || numbers > room / points) return false;
      numbers *= points;
    }
    for (std::size_t i = 0; i < numbers; ++i) grid.colors.push_back(number(bytes, i, is_wide));
    return true;
  }

  // lut8 and lut16: a matrix for devices of XYZ, then the tables of inputs, grid and outputs.
  static bool read_tables(Bytes table, bool is_wide, ColorModel& model) {
    const std::size_t header = is_wide ? 52 : 48;
    if (table.size() < header) return false;
    const std::size_t in_values = is_wide ? big_endian16(table, 48) : 256;
    const std::size_t out_values = is_wide ? big_endian16(table, 50) : 256;
    const std::size_t bytes = is_wide ? 2 : 1;
    model.grid.points.assign(model.inputs, byte_at(table, 10));
    const std::size_t grid_at = header + model.inputs * in_values * bytes;
    if (in_values < 2 || out_values < 2 || grid_at > table.size()) return false;
    model.before = curves_of(table.subspan(header), model.inputs, in_values, is_wide);
    if (!read_grid(table.subspan(grid_at), is_wide, model.grid)) return false;
    const Bytes outputs = from(table, grid_at + model.grid.colors.size() * bytes);
    if (outputs.size() < 3 * out_values * bytes) return false;
    model.after = curves_of(outputs, 3, out_values, is_wide);
    return true;
  }

  // Curves stand one after another, each from a multiple of four bytes on.
  static bool read_curves(Bytes table, std::size_t at, std::size_t count, std::vector<ToneCurve>& curves) {
    for (std::size_t i = 0; i < count && at != 0; ++i) {
      auto [curve, bytes] = curve_at(from(table, at));
      if (!curve) return false;
      curves.push_back(*std::move(curve));
      at += (bytes + 3) / 4 * 4;
    }
    return true;
  }

  // lutAToB: where the curves B, the matrix, the curves M, the grid and the curves A are; 0: not there.
  static bool read_stages(Bytes table, ColorModel& model) {
    const std::size_t matrix = big_endian32(table, 16);
    const std::size_t grid = big_endian32(table, 24);
    if (!read_curves(table, big_endian32(table, 12), 3, model.after)) return false;
    if (!read_curves(table, big_endian32(table, 20), 3, model.middle)) return false;
    if (!read_curves(table, big_endian32(table, 28), model.inputs, model.before)) return false;
    if (matrix != 0) {
      const Bytes values = from(table, matrix);
      if (values.size() < 48) return false;
      for (std::size_t i = 0; i < 9; ++i) model.matrix[i / 3][i % 3] = fixed(values, 4 * i);
      for (std::size_t i = 0; i < 3; ++i) model.offset[i] = static_cast<float>(fixed(values, 36 + 4 * i));
    }
    if (grid == 0) return model.inputs == 3;
    const Bytes header = from(table, grid);  // points of up to 16 inputs, bytes of a number, padding
    if (header.size() < 20) return false;
    for (std::size_t i = 0; i < model.inputs; ++i) model.grid.points.push_back(byte_at(header, i));
    return read_grid(header.subspan(20), byte_at(header, 16) == 2, model.grid);
  }

  Bytes file_;
};

}  // namespace ochre::inline v0::detail
