// The functions of Windows that this folder calls, declared as <windows.h> declares them, which may be included before
// or after. That header itself would give whoever includes ochre thousands of macros, such as `small` and `ERROR`.
// Names and numbers are Microsoft's.
#pragma once

#include <ochre/base/platform/system.hpp>

#if defined(OCHRE_WINDOWS)

#if defined(_WIN64)
using ochre_windows_size = unsigned long long;  // SIZE_T
#else
using ochre_windows_size = unsigned long;
#endif
struct _OVERLAPPED;
struct _SECURITY_ATTRIBUTES;

extern "C" {
__declspec(dllimport) int __stdcall CloseHandle(void*);
__declspec(dllimport) void* __stdcall CreateFileMappingW(void*, _SECURITY_ATTRIBUTES*, unsigned long, unsigned long,
                                                         unsigned long, const wchar_t*);
__declspec(dllimport) void* __stdcall CreateFileW(const wchar_t*, unsigned long, unsigned long, _SECURITY_ATTRIBUTES*,
                                                  unsigned long, unsigned long, void*);
__declspec(dllimport) int __stdcall DeleteFileW(const wchar_t*);
__declspec(dllimport) void* __stdcall GetCurrentProcess();
__declspec(dllimport) unsigned long __stdcall GetCurrentProcessId();
__declspec(dllimport) unsigned long __stdcall GetFileAttributesW(const wchar_t*);
__declspec(dllimport) unsigned long __stdcall GetFileSize(void*, unsigned long*);
__declspec(dllimport) unsigned long __stdcall GetFileType(void*);
__declspec(dllimport) unsigned long __stdcall GetLastError();
__declspec(dllimport) int __stdcall MoveFileExW(const wchar_t*, const wchar_t*, unsigned long);
__declspec(dllimport) int __stdcall MultiByteToWideChar(unsigned int, unsigned long, const char*, int, wchar_t*, int);
__declspec(dllimport) int __stdcall UnmapViewOfFile(const void*);
__declspec(dllimport) unsigned long __stdcall WaitForSingleObject(void*, unsigned long);
__declspec(dllimport) int __stdcall WriteFile(void*, const void*, unsigned long, unsigned long*, _OVERLAPPED*);
__declspec(dllimport) int __stdcall GetProcessAffinityMask(void*, ochre_windows_size*, ochre_windows_size*);
__declspec(dllimport) void* __stdcall MapViewOfFile(void*, unsigned long, unsigned long, unsigned long,
                                                    ochre_windows_size);
__declspec(dllimport) void* __stdcall VirtualAlloc(void*, ochre_windows_size, unsigned long, unsigned long);
__declspec(dllimport) int __stdcall VirtualFree(void*, ochre_windows_size, unsigned long);
__declspec(dllimport) void* __stdcall CreateThread(_SECURITY_ATTRIBUTES*, ochre_windows_size,
                                                   unsigned long(__stdcall*)(void*), void*, unsigned long,
                                                   unsigned long*);
}

#endif
