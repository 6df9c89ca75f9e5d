"""Frames of luma and chroma as numpy arrays, colours of them, and what is measured on them."""
import subprocess

import numpy


class Frames:
    """4:2:0 frames of 8 bits, limited range, BT.601: y [n, h, w], cb and cr [n, h/2, w/2]."""

    def __init__(self, data, width, height):
        self.width, self.height = width, height
        luma, chroma = width * height, width * height // 4
        data = data[: len(data) // (luma + 2 * chroma) * (luma + 2 * chroma)].reshape(-1, luma + 2 * chroma)
        self.y = data[:, :luma].reshape(-1, height, width)
        self.cb = data[:, luma : luma + chroma].reshape(-1, height // 2, width // 2)
        self.cr = data[:, luma + chroma :].reshape(-1, height // 2, width // 2)

    def __len__(self):
        return len(self.y)

    def rgb(self, t):
        """[h/2, w/2, 3] of 0…1: the picture where its chroma is."""
        y = (halved(self.y[t]) - 16) / 219
        cb, cr = (plane[t].astype(numpy.float32) / 224 - 128 / 224 for plane in (self.cb, self.cr))
        red, blue = y + 1.402 * cr, y + 1.772 * cb
        green = (y - 0.299 * red - 0.114 * blue) / 0.587
        return numpy.clip(numpy.stack([red, green, blue], -1), 0, 1).astype(numpy.float32)

    def write_y4m(self, path, frames_per_second=25, gray_from=0):
        """Without colour from that frame on."""
        with open(path, "wb") as file:
            file.write(f"YUV4MPEG2 W{self.width} H{self.height} F{frames_per_second}:1 Ip A1:1 C420jpeg\n".encode())
            for t in range(len(self)):
                gray = numpy.full_like(self.cb[t], 128)
                chroma = (gray, gray) if t >= gray_from else (self.cb[t], self.cr[t])
                file.write(b"FRAME\n" + b"".join(plane.tobytes() for plane in (self.y[t], *chroma)))


def read_y4m(path):
    with open(path, "rb") as file:
        words = file.readline().decode().split()
        width, height = (int(next(word[1:] for word in words if word[0] == letter)) for letter in "WH")
        data = numpy.frombuffer(file.read(), numpy.uint8)
    mark = len(b"FRAME\n")
    frame = width * height * 3 // 2
    return Frames(data.reshape(-1, mark + frame)[:, mark:].reshape(-1), width, height)


def read_clip(path, most):
    """Of any video, or pattern of pictures, that ffmpeg reads; even sizes."""
    source = ["-pattern_type", "glob", "-i", path] if "*" in path else ["-i", path]
    size = "crop=trunc(iw/2)*2:trunc(ih/2)*2,scale=out_range=tv:out_color_matrix=bt601"
    command = ["ffmpeg", "-v", "error", *source, "-frames:v", str(most), "-vf", size, "-vsync", "passthrough"]
    pipe = subprocess.run([*command, "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", "-"], check=True, capture_output=True)
    head, data = pipe.stdout.split(b"\n", 1)
    width, height = (int(next(word[1:] for word in head.decode().split() if word[0] == letter)) for letter in "WH")
    frame = numpy.frombuffer(data, numpy.uint8).reshape(-1, 6 + width * height * 3 // 2)
    return Frames(frame[:, 6:].reshape(-1).copy(), width, height)


def halved(plane):
    h, w = plane.shape
    return plane.reshape(h // 2, 2, w // 2, 2).astype(numpy.float32).mean((1, 3))


def lab_of(rgb):
    linear = numpy.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    matrix = [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
    xyz = linear @ numpy.array(matrix, numpy.float32).T / numpy.array([0.95047, 1, 1.08883], numpy.float32)
    f = numpy.where(xyz > 0.008856, numpy.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return numpy.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def distance(one, other):
    """In ab."""
    return numpy.hypot(one[..., 1] - other[..., 1], one[..., 2] - other[..., 2])


def psnr(rgb, truth):
    error = (numpy.round(rgb * 255) - numpy.round(truth * 255)) ** 2
    return -10 * numpy.log10(max(error.mean(), 1e-9) / 255**2)


def flicker(frames, first, step=1):
    """Mean |Δab| from one frame to the next of the pixels whose luma changed by less than a code."""
    total, count = 0.0, 0
    for t in range(first, len(frames) - 1, step):
        same = numpy.abs(halved(frames.y[t]) - halved(frames.y[t + 1])) < 1
        total += distance(lab_of(frames.rgb(t)), lab_of(frames.rgb(t + 1)))[same].sum()
        count += same.sum()
    return total / max(count, 1)


def cdc(frames, first, step=1):
    """Colour distribution consistency (Liu et al., "Temporally Consistent Video Colorization", 2021): mean
    Jensen-Shannon divergence of the histograms of R, G and B at 1, 2 and 4 frames' distance."""
    bins = [[numpy.histogram(channel, 256, (0, 1))[0] for channel in numpy.moveaxis(frames.rgb(t), -1, 0)]
            for t in range(first, len(frames), step)]
    share = numpy.array(bins) / (frames.width * frames.height / 4)

    def entropy(p):
        return -(p * numpy.log(numpy.where(p > 0, p, 1))).sum(-1)

    apart = [entropy((share[k:] + share[:-k]) / 2) - (entropy(share[k:]) + entropy(share[:-k])) / 2 for k in (1, 2, 4)]
    return float(numpy.mean([part.mean() for part in apart]))


def cells_of(lab, rows=64):
    """Means over a grid of that many rows."""
    h, w, _ = lab.shape
    columns = max(4, round(w / h * rows / 4) * 4)
    down = numpy.add.reduceat(lab, (numpy.arange(rows) * h) // rows, 0) / numpy.diff(
        numpy.append((numpy.arange(rows) * h) // rows, h))[:, None, None]
    starts = (numpy.arange(columns) * w) // columns
    return numpy.add.reduceat(down, starts, 1) / numpy.diff(numpy.append(starts, w))[None, :, None]


def surface_scores(lab, truth):
    """Patchiness and neutral chroma, as `ochre eval` defines them, and the mean ab error, on cells."""
    shown, true = cells_of(lab), cells_of(truth)
    apart = [lambda x: x[4:] - x[:-4], lambda x: x[:, 4:] - x[:, :-4]]
    steps = [numpy.hypot(*numpy.moveaxis(d(shown)[..., 1:], -1, 0))[
        numpy.hypot(*numpy.moveaxis(d(true)[..., 1:], -1, 0)) < 3] for d in apart]
    patchiness = numpy.concatenate([step.ravel() for step in steps]).mean()
    neutral = numpy.hypot(true[..., 1], true[..., 2]) < 6
    chroma = numpy.hypot(shown[..., 1], shown[..., 2])
    return patchiness, chroma[neutral].mean() if neutral.mean() > 0.02 else numpy.nan, distance(shown, true).mean()
