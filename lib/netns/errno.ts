// What a system call answers when it does not do what it was asked: the kernel's own numbers and texts
// (include/uapi/asm-generic/errno*.h, strerror of glibc).
export const ERRNO = {
  EPERM: [1, "Operation not permitted"],
  ENOENT: [2, "No such file or directory"],
  EIO: [5, "Input/output error"],
  EAGAIN: [11, "Resource temporarily unavailable"],
  EACCES: [13, "Permission denied"],
  EBUSY: [16, "Device or resource busy"],
  EEXIST: [17, "File exists"],
  ENODEV: [19, "No such device"],
  EINVAL: [22, "Invalid argument"],
  EPIPE: [32, "Broken pipe"],
  ERANGE: [34, "Numerical result out of range"],
  EPROTO: [71, "Protocol error"],
  EBADFD: [77, "File descriptor in bad state"],
  ENOPROTOOPT: [92, "Protocol not available"],
  EMSGSIZE: [90, "Message too long"],
  EOPNOTSUPP: [95, "Operation not supported"],
  EADDRINUSE: [98, "Address already in use"],
  EADDRNOTAVAIL: [99, "Cannot assign requested address"],
  ENETDOWN: [100, "Network is down"],
  ENETUNREACH: [101, "Network is unreachable"],
  ENOBUFS: [105, "No buffer space available"],
  ECONNRESET: [104, "Connection reset by peer"],
  EISCONN: [106, "Transport endpoint is already connected"],
  ENOTCONN: [107, "Transport endpoint is not connected"],
  ETIMEDOUT: [110, "Connection timed out"],
  ECONNREFUSED: [111, "Connection refused"],
  EHOSTUNREACH: [113, "No route to host"],
  EDESTADDRREQ: [89, "Destination address required"],
  ESRCH: [3, "No such process"],
} as const;

export type Errno = keyof typeof ERRNO;

/** The text strerror gives: `errorText("EADDRINUSE")` is "Address already in use". */
export function errorText(errno: Errno): string {
  return ERRNO[errno][1];
}
