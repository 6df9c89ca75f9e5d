// ochre known: the public weight files that `ochre import` recognises by their SHA-256.
#include <cstdio>
#include <string>

#include "json_text.hpp"
#include "known_files.hpp"
#include "known_json.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

const nlohmann::ordered_json& known_files() {
  static const nlohmann::ordered_json files = nlohmann::ordered_json::parse(known_json);
  return files;
}

int run_known(const KnownOptions& options) {
  if (options.json) {
    std::fputs(json_text(known_files()).c_str(), stdout);
    return done;
  }
  const auto text = [](const nlohmann::ordered_json& value) {
    return value.is_null() ? "not known" : value.get<std::string>();
  };
  for (const nlohmann::ordered_json& file : known_files()) {
    const std::string size =
        file["bytes"].is_null() ? "size not known" : with_commas(file["bytes"].get<long long>()) + " bytes";
    std::printf("%s\n", text(file["name"]).c_str());
    std::printf("  %s\n  network %s, %s, licence %s\n  sha256 %s\n  %s\n\n", text(file["what"]).c_str(),
                text(file["network"]).c_str(), size.c_str(), text(file["licence"]).c_str(),
                text(file["sha256"]).c_str(), text(file["address"]).c_str());
  }
  return done;
}

}  // namespace ochre::program
