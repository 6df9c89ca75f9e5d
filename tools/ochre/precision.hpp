// What --precision says: words, and a remark where this CPU makes another of them.
#pragma once

#include <string>

#include <ochre/kernels/precision.hpp>

namespace ochre::program {

// "split" is Precision::split; float for any word that the fast engine has not.
Precision precision_of(const std::string& word);

// The same; and where the chosen kernels are faster with another that is as exact, says so, once a process.
Precision wanted_precision(const std::string& word, bool quiet = false);

}  // namespace ochre::program
