#include "engine.hpp"

namespace ochre::program {

Result<AuditReport> audit_engine(const Engine& engine, const Model& model, TensorView<const float> input,
                                 const ochre::AuditOptions& options) {
  return ochre::audit_engine(engine, model, input, options);
}

}  // namespace ochre::program
