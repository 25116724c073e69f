/* libhdf5 for Swift: its header, and what Swift cannot import from it.
 *
 * Many of the macros below expand to a call of H5open(), so they are calls of the library like any other:
 * the HDF5 module evaluates them only while it holds its lock.
 */
#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

/* Keeps the signatures of 1.10 when built against 1.12 and later; 1.10 itself ignores it. */
#define H5_USE_110_API 1
#include <hdf5.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

/* Compile-time version: the macros are fine, but only C sees them next to the header they came with. */
static inline unsigned chdf5_header_major(void) { return H5_VERS_MAJOR; }
static inline unsigned chdf5_header_minor(void) { return H5_VERS_MINOR; }

/* Flags of H5Fopen and H5Fcreate: macros with a comma operator. */
static inline unsigned chdf5_acc_rdonly(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_acc_rdwr(void) { return H5F_ACC_RDWR; }
static inline unsigned chdf5_acc_trunc(void) { return H5F_ACC_TRUNC; }
static inline unsigned chdf5_acc_excl(void) { return H5F_ACC_EXCL; }

/* Property list classes: macros that call H5open() and read a global variable. */
static inline hid_t chdf5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t chdf5_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t chdf5_dataset_create(void) { return H5P_DATASET_CREATE; }

/* Default and "all" identifiers: macros with casts to a typedef. */
static inline hid_t chdf5_default(void) { return H5P_DEFAULT; }
static inline hid_t chdf5_error_default(void) { return H5E_DEFAULT; }
static inline hid_t chdf5_space_all(void) { return H5S_ALL; }
static inline hsize_t chdf5_unlimited(void) { return H5S_UNLIMITED; }
static inline size_t chdf5_variable(void) { return H5T_VARIABLE; }
static inline haddr_t chdf5_undefined_address(void) { return HADDR_UNDEF; }

/* Datatypes: macros that call H5open() and read a global variable. -1 for a width that does not exist. */
static inline hid_t chdf5_standard_integer(int bits, int is_signed) {
  switch (bits) {
  case 8: return is_signed ? H5T_STD_I8LE : H5T_STD_U8LE;
  case 16: return is_signed ? H5T_STD_I16LE : H5T_STD_U16LE;
  case 32: return is_signed ? H5T_STD_I32LE : H5T_STD_U32LE;
  case 64: return is_signed ? H5T_STD_I64LE : H5T_STD_U64LE;
  default: return -1;
  }
}
static inline hid_t chdf5_native_integer(int bits, int is_signed) {
  switch (bits) {
  case 8: return is_signed ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8;
  case 16: return is_signed ? H5T_NATIVE_INT16 : H5T_NATIVE_UINT16;
  case 32: return is_signed ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32;
  case 64: return is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
  default: return -1;
  }
}
static inline hid_t chdf5_standard_float(int bits) {
  return bits == 32 ? H5T_IEEE_F32LE : bits == 64 ? H5T_IEEE_F64LE : -1;
}
static inline hid_t chdf5_native_float(int bits) {
  return bits == 32 ? H5T_NATIVE_FLOAT : bits == 64 ? H5T_NATIVE_DOUBLE : -1;
}
static inline hid_t chdf5_c_string(void) { return H5T_C_S1; }

/* Versioned functions and structures: from 1.12 on their unnumbered names are macros, which Swift does not import. */
static inline herr_t chdf5_link_info(hid_t group, const char *name, int *type, uint64_t *address) {
  H5L_info_t info;
  herr_t status = H5Lget_info(group, name, &info, H5P_DEFAULT);
  if (status >= 0) {
    *type = (int)info.type;
    *address = info.type == H5L_TYPE_HARD ? (uint64_t)info.u.address : 0;
  }
  return status;
}
static inline herr_t chdf5_object_type(hid_t group, const char *name, int *type) {
  H5O_info_t info;
  herr_t status = H5Oget_info_by_name2(group, name, &info, H5O_INFO_BASIC, H5P_DEFAULT);
  if (status >= 0) *type = (int)info.type;
  return status;
}
static inline herr_t chdf5_attribute_count(hid_t object, hsize_t *count) {
  H5O_info_t info;
  herr_t status = H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS);
  if (status >= 0) *count = info.num_attrs;
  return status;
}

/* A class of external links that can be looked at and not followed, in the place of libhdf5's own, which opens other files. */
#if H5L_LINK_CLASS_T_VERS > 0
static inline hid_t chdf5_refuse_link(const char *name, hid_t group, const void *data, size_t size, hid_t list,
                                      hid_t transfer) {
  (void)transfer;
#else
static inline hid_t chdf5_refuse_link(const char *name, hid_t group, const void *data, size_t size, hid_t list) {
#endif
  (void)name, (void)group, (void)data, (void)size, (void)list;
  return -1;
}
static inline ssize_t chdf5_query_link(const char *name, const void *data, size_t size, void *buffer, size_t room) {
  (void)name;
  if (buffer) memcpy(buffer, data, size < room ? size : room);
  return (ssize_t)size;
}
static inline herr_t chdf5_register_inert_external_links(void) {
  H5L_class_t links = {0};
  links.version = H5L_LINK_CLASS_T_VERS;
  links.id = H5L_TYPE_EXTERNAL;
  links.comment = "external links that are not followed";
  links.trav_func = chdf5_refuse_link;
  links.query_func = chdf5_query_link;
  return H5Lregister(&links);
}
/* The bytes that a link says, 0 for a hard one. */
static inline herr_t chdf5_link_value_size(hid_t group, const char *name, size_t *size) {
  H5L_info_t info;
  herr_t status = H5Lget_info(group, name, &info, H5P_DEFAULT);
  if (status >= 0) *size = info.type == H5L_TYPE_HARD ? 0 : info.u.val_size;
  return status;
}

typedef int (*chdf5_link_visitor)(const char *name, int type, uint64_t address, void *context);
struct chdf5_link_visit {
  chdf5_link_visitor visitor;
  void *context;
};
static inline herr_t chdf5_link_visit_one(hid_t group, const char *name, const H5L_info_t *info, void *data) {
  const struct chdf5_link_visit *visit = (const struct chdf5_link_visit *)data;
  (void)group;
  return visit->visitor(name, (int)info->type, info->type == H5L_TYPE_HARD ? (uint64_t)info->u.address : 0,
                        visit->context);
}
/* Visits the links of a group by name, ascending, until the visitor returns something other than 0. */
static inline herr_t chdf5_visit_links(hid_t group, chdf5_link_visitor visitor, void *context) {
  struct chdf5_link_visit visit = {visitor, context};
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, chdf5_link_visit_one, &visit);
}

#endif
