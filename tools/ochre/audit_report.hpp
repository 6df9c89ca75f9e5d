// What `ochre audit` found, as a table of 80 columns and as JSON.
#pragma once

#include <string>

#include <ochre/audit/engine_audit.hpp>

#include "verbs.hpp"

namespace ochre::program {

struct AuditFigures {
  std::string network;
  AuditReport report;
  int threads = 1;
  std::string isa;
  Precision precision = Precision::float32;  // of its products
  double peak = 0;                           // of fused multiply-adds, FLOP/s
};

std::string audit_json(const AuditOptions& options, const AuditFigures& figures);
void print_audit_table(const AuditOptions& options, const AuditFigures& figures);

}  // namespace ochre::program
