// What `-O3 -Werror` makes of the parts of the library that put texts and files together: g++ 12 warns of much that it
// meets only once it inlines (-Wrestrict on `"x" + std::to_string(y)`, -Wstringop-overflow on vector::insert()), and
// only of functions that are used. Compiled, not run, by `.ci/run headers`; the README's program covers the Colorizer.
#include <ochre/audit/make_proof.hpp>
#include <ochre/image_io/load_picture.hpp>
#include <ochre/image_io/npy.hpp>
#include <ochre/image_io/save_picture.hpp>
#include <ochre/import/match_network.hpp>
#include <ochre/import/read_source.hpp>
#include <ochre/picture_colorizer.hpp>
#include <ochre/weights/safetensors_writer.hpp>
#include <ochre/weights/store.hpp>

namespace ochre {

Result<std::string> proof_of(const Network<double>& network);
Result<std::string> proof_of(const Network<double>& network) { return make_proof(network); }

extern const void* const used[];
const void* const used[] = {
    reinterpret_cast<const void*>(&load_picture),       reinterpret_cast<const void*>(&decode_npy<float>),
    reinterpret_cast<const void*>(&save_picture),       reinterpret_cast<const void*>(&write_safetensors),
    reinterpret_cast<const void*>(&match_network),      reinterpret_cast<const void*>(&read_source),
    reinterpret_cast<const void*>(&weights::stored_as),
};

}  // namespace ochre
