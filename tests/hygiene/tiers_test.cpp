// The walls of the house: which header may include which, where a foreign library or an operating system may be named,
// and the words that the library never says. Reads the text of include/ochre; the second half feeds the check one fault
// at a time.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/source_text.hpp"

namespace {

using ochre::test::code_of;
using ochre::test::content_of;
using ochre::test::is_word;
using Strings = std::vector<std::string>;

// Folder of include/ochre → tier. A header includes its own folder and lower tiers only.
struct Tier {
  std::string_view folder;
  int height;
};
constexpr std::array tiers{
    Tier{"base", 0},    Tier{"tensor", 1},   Tier{"image", 1},   Tier{"simd", 2},   Tier{"parallel", 2},
    Tier{"kernels", 3}, Tier{"color", 3},    Tier{"weights", 4}, Tier{"layers", 5}, Tier{"reference", 2},
    Tier{"network", 6}, Tier{"engine", 7},   Tier{"models", 8},  Tier{"audit", 8},  Tier{"colorizer", 8},
    Tier{"video", 8},   Tier{"", 9},  // colorizer.hpp and its like
    Tier{"import", 9},  Tier{"image_io", 9},
};
constexpr std::string_view umbrella = "ochre.hpp";  // above everything except the opt-in folders

// Foreign headers that may appear, and the file or folder that may name them. The standard library may appear anywhere.
struct Foreign {
  std::string_view header;  // a name, or a folder when it ends in '/'
  std::string_view place;
};
constexpr std::array foreign_headers{
    Foreign{"xsimd/", "simd/"},
    Foreign{"immintrin.h", "simd/"},
    Foreign{"omp.h", "parallel/parallel_for.hpp"},
    Foreign{"Eigen/", "kernels/gemm_eigen.hpp"},
    Foreign{"nlohmann/", "weights/"},
    Foreign{"cpuid.h", "base/platform/"},
    Foreign{"sys/", "base/platform/"},  // <windows.h> nowhere: base/platform/windows_api.hpp
    Foreign{"fcntl.h", "base/platform/"},
    Foreign{"pthread.h", "base/platform/"},
    Foreign{"sched.h", "base/platform/"},
    Foreign{"unistd.h", "base/platform/"},
    Foreign{"stb/", "image_io/"},
    Foreign{"zlib.h", "image_io/"},
    Foreign{"png.h", "image_io/png_decode.hpp"},
    Foreign{"jpeglib.h", "image_io/libjpeg.hpp"},
    Foreign{"jerror.h", "image_io/libjpeg.hpp"},
    Foreign{"tiffio.h", "image_io/tiff_file.hpp"},
    Foreign{"webp/", "image_io/"},
};

// Words that may appear in code only in one place, or nowhere (an empty place).
constexpr std::array words_with_a_place{
    Foreign{"xsimd", "simd/"},
    Foreign{"Eigen", "kernels/gemm_eigen.hpp"},
    Foreign{"omp", "parallel/parallel_for.hpp"},
    Foreign{"_WIN32", "base/platform/"},
    Foreign{"__unix__", "base/platform/"},
    Foreign{"__linux__", "base/platform/"},
    Foreign{"__APPLE__", "base/platform/"},
    Foreign{"OCHRE_WINDOWS", "base/platform/"},
    Foreign{"OCHRE_POSIX", "base/platform/"},
    Foreign{"far", ""},  // macros of <windows.h>, as the next
    Foreign{"near", ""},
    Foreign{"throw", "base/result.hpp"},
    Foreign{"cout", ""},
    Foreign{"cerr", ""},
    Foreign{"clog", ""},
    Foreign{"printf", ""},
    Foreign{"fprintf", ""},
    Foreign{"puts", ""},
    Foreign{"putchar", ""},
    Foreign{"perror", ""},
    Foreign{"abort", ""},
    Foreign{"exit", ""},
    Foreign{"_Exit", ""},
    Foreign{"quick_exit", ""},
    Foreign{"terminate", ""},
    Foreign{"isfinite", ""},  // what -ffast-math makes constant: base/finite.hpp
    Foreign{"isnan", ""},
    Foreign{"isinf", ""},
};

bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

// `name` is `pattern`, or lies in it when the pattern is a folder.
bool matches(std::string_view name, std::string_view pattern) {
  return !pattern.empty() && (pattern.back() == '/' ? starts_with(name, pattern) : name == pattern);
}

std::string folder_of(std::string_view path) {
  const auto slash = path.find('/');
  return std::string(slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash));
}

// Height of a header; -1 for a folder that is not in the table.
int height_of(std::string_view path) {
  if (path == umbrella) return 10;
  const std::string folder = folder_of(path);
  for (const Tier& tier : tiers) {
    if (tier.folder == folder) return tier.height;
  }
  return -1;
}

bool has_word(const std::string& code, std::string_view word) {
  for (auto at = code.find(word); at != std::string::npos; at = code.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_word(code[at - 1])) && (end == code.size() || !is_word(code[end]))) return true;
  }
  return false;
}

// What stands between the brackets or quotes of each #include line, brackets included.
Strings includes_of(const std::string& text) {
  Strings includes;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    line.erase(std::remove_if(line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t'; }), line.end());
    if (starts_with(line, "#include")) includes.push_back(line.substr(8, line.find_first_of(">\"", 9) - 7));
    begin = end + 1;
  }
  return includes;
}

std::string include_fault(const std::string& path, const std::string& include) {
  if (include.size() < 3 || include.front() != '<' || include.back() != '>') return "includes not with <>: " + include;
  const std::string name = include.substr(1, include.size() - 2);
  if (!starts_with(name, "ochre/")) {
    if (name == "iostream") return "includes <iostream>";
    if (name.find_first_of("./") == std::string::npos) return {};
    for (const Foreign& foreign : foreign_headers) {
      if (matches(name, foreign.header) && matches(path, foreign.place)) return {};
    }
    return "includes the foreign header " + include;
  }
  const std::string target = name.substr(6);
  const std::string from = folder_of(path);
  const std::string to = folder_of(target);
  if (height_of(target) < 0) return "includes a folder without a tier: " + include;
  if (path == umbrella) return to == "image_io" || to == "import" ? "the umbrella includes the opt-in " + include : "";
  if (from == to && target != umbrella) return {};
  if (height_of(target) >= height_of(path)) return "includes its own or a higher tier: " + include;
  // The oracle must not inherit a kernel's fault: only audit/ looks at both.
  if (to == "reference" && from != "audit") return "sees the reference, which only audit/ may: " + include;
  if (to == "kernels" && from == "reference") return "the reference sees a kernel: " + include;
  return {};
}

// What an auditor reads, and the program, name no internals: what they need has a name of its folder's. path: relative
// to include/ochre, or tools/…
bool reaches_into_detail(const std::string& path, const std::string& code) {
  return (starts_with(path, "audit/") || starts_with(path, "tools/")) && has_word(code, "detail");
}

// All faults of the header `path` (relative to include/ochre), one line each.
Strings faults_of(const std::string& path, const std::string& text) {
  Strings faults;
  if (height_of(path) < 0) faults.push_back(path + ": lies in a folder without a tier");
  const std::string code = code_of(text);
  const bool comes_again = path == "base/macros_aside.hpp" || path == "base/macros_back.hpp";
  if (!comes_again && code.find("#pragma once") == std::string::npos) faults.push_back(path + ": lacks #pragma once");
  for (const std::string& include : includes_of(text)) {
    const std::string fault = include_fault(path, include);
    if (!fault.empty()) faults.push_back(path + ": " + fault);
  }
  if (reaches_into_detail(path, code)) faults.push_back(path + ": reaches into detail");
  std::string without_includes;
  for (std::size_t begin = 0; begin < code.size();) {
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    const std::string line = code.substr(begin, end - begin);
    if (line.find("#include") == std::string::npos) without_includes += line + "\n";
    begin = end + 1;
  }
  for (const Foreign& word : words_with_a_place) {
    if (has_word(without_includes, word.header) && !matches(path, word.place)) {
      faults.push_back(path + ": says " + std::string(word.header));
    }
  }
  return faults;
}

const std::filesystem::path library = std::filesystem::path(OCHRE_INCLUDE_DIR) / "ochre";

using Texts = std::map<std::string, std::string>;  // of headers, by their paths

Texts texts_of_headers() {
  Texts texts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(library)) {
    if (!entry.is_regular_file()) continue;
    CHECK_MESSAGE(entry.path().extension() == ".hpp", entry.path().string());
    texts[std::filesystem::relative(entry.path(), library).generic_string()] = content_of(entry.path());
  }
  return texts;
}

// The way of includes from a header to one that `pattern` matches, as "a → b → c"; empty if there is none.
std::string way(const Texts& texts, const std::string& from, std::string_view pattern) {
  std::map<std::string, std::string> ways{{from, from}};
  Strings next{from};
  while (!next.empty()) {
    const std::string path = next.back();
    next.pop_back();
    if (matches(path, pattern)) return ways[path];
    if (!texts.contains(path)) continue;
    for (const std::string& include : includes_of(texts.at(path))) {
      if (!starts_with(include, "<ochre/")) continue;
      const std::string target = include.substr(7, include.size() - 8);
      if (ways.emplace(target, ways[path] + " → " + target).second) next.push_back(target);
    }
  }
  return {};
}

}  // namespace

TEST_CASE("every header keeps to its tier") {
  const Texts texts = texts_of_headers();
  for (const auto& [path, text] : texts) {
    for (const std::string& fault : faults_of(path, text)) FAIL_CHECK(fault);
  }
  CHECK(texts.size() > 5);
}

TEST_CASE("the program does not reach into detail") {
  const std::filesystem::path program = std::filesystem::path(OCHRE_INCLUDE_DIR) / "../tools/ochre";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(program)) {
    const std::string path = "tools/ochre/" + entry.path().filename().string();
    if (!entry.is_regular_file()) continue;
    ++files;
    if (reaches_into_detail(path, code_of(content_of(entry.path())))) FAIL_CHECK(path);
  }
  CHECK(files > 20);
  CHECK(reaches_into_detail("tools/ochre/a.cpp", "auto x = detail::most_layers;"));
}

TEST_CASE("who has a model's bytes compiles nothing of files") {
  const Texts texts = texts_of_headers();
  CHECK(way(texts, "colorizer.hpp", "base/platform/files.hpp") == "");
  CHECK(way(texts, "colorizer.hpp", "weights/mapped_file.hpp") == "");
  CHECK(way(texts, "audit/proof.hpp", "base/platform/files.hpp") == "");
  CHECK(way(texts, "colorizer_file.hpp", "base/platform/files.hpp") ==
        "colorizer_file.hpp → weights/mapped_file.hpp → base/platform/files.hpp");
}

TEST_CASE("a way of includes is found, in a circle too, and none where there is none") {
  const Texts texts{{"a.hpp", "#include <vector>\n#include <ochre/b.hpp>\n"},
                    {"b.hpp", "#include <ochre/a.hpp>\n#include <ochre/c/d.hpp>\n"},
                    {"c/d.hpp", ""}};
  CHECK(way(texts, "a.hpp", "c/") == "a.hpp → b.hpp → c/d.hpp");
  CHECK(way(texts, "c/d.hpp", "a.hpp") == "");
  CHECK(way(texts, "a.hpp", "e.hpp") == "");
}

TEST_CASE("the tier check finds each kind of fault") {
  struct Case {
    const char* path;
    const char* line;
    const char* fault;  // part of the only message expected
  };
  const Case cases[] = {
      {"base/a.hpp", "#include <ochre/tensor/tensor.hpp>", "higher tier"},
      {"tensor/a.hpp", "#include <ochre/image/picture_view.hpp>", "own or a higher tier"},
      {"network/a.hpp", "#include <ochre/ochre.hpp>", "higher tier"},
      {"network/a.hpp", "#include <ochre/engine/engine.hpp>", "higher tier"},
      {"colorizer.hpp", "#include <ochre/ochre.hpp>", "higher tier"},
      {"colorizer/a.hpp", "#include <ochre/colorizer.hpp>", "higher tier"},
      {"colorizer.hpp", "#include <ochre/image_io/png.hpp>", "own or a higher tier"},
      {"ochre.hpp", "#include <ochre/image_io/png.hpp>", "umbrella"},
      {"kernels/a.hpp", "#include <ochre/reference/conv2d.hpp>", "only audit/"},
      {"reference/a.hpp", "#include <ochre/kernels/gemm.hpp>", "higher tier"},
      {"layers/a.hpp", "#include <ochre/reference/conv2d.hpp>", "only audit/"},
      {"misc/a.hpp", "", "without a tier"},
      {"audit/a.hpp", "#include <ochre/misc/a.hpp>", "without a tier"},
      {"base/a.hpp", "#include \"error.hpp\"", "not with <>"},
      {"base/a.hpp", "  #  include <iostream>", "<iostream>"},
      {"kernels/a.hpp", "#include <xsimd/xsimd.hpp>", "foreign"},
      {"kernels/a.hpp", "#include <omp.h>", "foreign"},
      {"parallel/thread_team.hpp", "#include <pthread.h>", "foreign"},
      {"tensor/aligned_buffer.hpp", "#include <sys/mman.h>", "foreign"},
      {"weights/mapped_file.hpp", "#include <fcntl.h>", "foreign"},
      {"weights/mapped_file.hpp", "#include <sys/stat.h>", "foreign"},
      {"base/a.hpp", "#include <unistd.h>", "foreign"},
      {"parallel/parallel_for.hpp", "#include <sched.h>", "foreign"},
      {"parallel/a.hpp", "#include <windows.h>", "foreign"},
      {"base/platform/a.hpp", "#include <windows.h>", "foreign"},
      {"base/platform/a.hpp", "#include <omp.h>", "foreign"},
      {"base/platform/a.hpp", "#include <ochre/tensor/tensor.hpp>", "higher tier"},
      {"kernels/a.hpp", "#include <Eigen/Core>", "foreign"},
      {"network/a.hpp", "#include <nlohmann/json.hpp>", "foreign"},
      {"import/a.hpp", "#include <zlib.h>", "foreign"},
      {"image_io/png_scan.hpp", "#include <png.h>", "foreign"},
      {"kernels/a.hpp", "using B = xsimd::batch<float>;", "says xsimd"},
      {"kernels/a.hpp", "#pragma omp parallel", "says omp"},
      {"kernels/a.hpp", "using M = Eigen::MatrixXf;", "says Eigen"},
      {"weights/a.hpp", "#if defined(_WIN32)", "says _WIN32"},
      {"parallel/a.hpp", "#ifdef __linux__", "says __linux__"},
      {"base/a.hpp", "#if OCHRE_POSIX", "says OCHRE_POSIX"},
      {"audit/a.hpp", "inline int a = v0::detail::b();", "into detail"},
      {"audit/a.hpp", "namespace detail {}", "into detail"},
      {"color/a.hpp", "inline float far = 0;", "says far"},
      {"color/a.hpp", "inline float near = 0;", "says near"},
      {"base/a.hpp", "inline void f() { std::abort(); }", "says abort"},
      {"base/a.hpp", "inline void f() { exit(1); }", "says exit"},
      {"base/a.hpp", "inline bool f(double x) { return std::isnan(x); }", "says isnan"},
      {"base/a.hpp", "inline void f() { std::printf(\"\\\"\"); }", "says printf"},
      {"base/a.hpp", "inline void f() { throw 1; }", "says throw"},
      {"base/a.hpp", "inline auto s = R\"(it's)\"; inline void f() { throw 1; }", "says throw"},
      {"base/a.hpp", "inline char c = '\"'; inline void f() { throw 1; }", "says throw"},
      {"base/a.hpp", "inline auto c = \"\\\\\"; inline void f() { throw 1; }", "says throw"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.path);
    CAPTURE(test.line);
    const Strings faults = faults_of(test.path, std::string("#pragma once\n") + test.line + "\n");
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].find(test.fault) != std::string::npos);
  }
  CHECK(faults_of("base/a.hpp", "// #pragma once\n").size() == 1);
}

TEST_CASE("the tier check lets honest headers pass") {
  struct Case {
    const char* path;
    const char* line;
  };
  const Case cases[] = {
      {"base/a.hpp", "#include <vector>"},
      {"base/a.hpp", "// throws nothing: no throw, no abort, no printf"},
      {"base/a.hpp", "inline auto s = \"throw \\\" abort\"; /* exit */ inline int exit_code = 1;"},
      {"base/a.hpp", "inline auto s = R\"html(\n<script>throw \"x\" // )\"\n</script>)html\";"},
      {"base/result.hpp", "inline void f() { throw 1; }"},
      {"base/platform/a.hpp", "#if defined(_WIN32)\n#elif defined(__linux__)\n#include <sys/mman.h>\n#endif"},
      {"base/platform/a.hpp", "#include <pthread.h>\n#include <unistd.h>\n#include <fcntl.h>\n#include <sched.h>"},
      {"weights/a.hpp", "#include <ochre/base/platform/files.hpp>"},
      {"simd/simd.hpp", "#include <xsimd/xsimd.hpp>\nusing A = xsimd::default_arch;"},
      {"kernels/gemm_eigen.hpp", "#include <Eigen/Core>"},
      {"audit/a.hpp", "#include <ochre/reference/conv2d.hpp>\n#include <ochre/kernels/gemm.hpp>"},
      {"video.hpp", "#include <ochre/colorizer.hpp>"},
      {"import/a.hpp", "#include <ochre/network/network.hpp>"},
      {"engine/a.hpp", "#include <ochre/network/network.hpp>"},
      {"ochre.hpp", "#include <ochre/colorizer.hpp>"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.path);
    CAPTURE(test.line);
    const Strings faults = faults_of(test.path, std::string("#pragma once\n") + test.line + "\n");
    for (const std::string& fault : faults) FAIL_CHECK(fault);
  }
}
