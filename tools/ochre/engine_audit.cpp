#include "engine.hpp"

namespace ochre::program {

Result<audit::AuditReport> audit_engine(const Engine& engine, const Model& model, TensorView<const float> input,
                                        const audit::AuditOptions& options) {
  return audit::audit_engine(engine, model, input, options);
}

}  // namespace ochre::program
