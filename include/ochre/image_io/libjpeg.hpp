// The one header that names libjpeg (libjpeg-turbo), with what its errors need: the library leaves by longjmp, so no
// object on the way may have a destructor. Tested by load_picture_test.cpp and save_picture_test.cpp.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>  // jpeglib.h needs its FILE

#include <jpeglib.h>

#include <jerror.h>

namespace ochre::inline v0::detail {

// Where an error of the library leads, and what it was.
struct JpegErrors {
  std::jmp_buf failed;
  jpeg_error_mgr manager;
  char reason[JMSG_LENGTH_MAX];
};

inline void jpeg_failed(j_common_ptr codec) {
  auto* errors = static_cast<JpegErrors*>(codec->client_data);
  codec->err->format_message(codec, errors->reason);
  std::longjmp(errors->failed, 1);
}

inline void jpeg_said(j_common_ptr) {}  // the library would print

// Of an encoder or a decoder, before it is created. warned: what is told of warnings and traces.
template <class Codec>
void listen_to_jpeg(Codec& codec, JpegErrors& errors, void (*warned)(j_common_ptr, int)) noexcept {
  codec.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = jpeg_failed;
  errors.manager.emit_message = warned;
  errors.manager.output_message = jpeg_said;
  codec.client_data = &errors;
}

}  // namespace ochre::inline v0::detail
