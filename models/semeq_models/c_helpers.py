"""The small C functions that exported networks call: one per layer, and the response of the five bands.

``NAME`` stands for what every identifier of a header begins with.
"""

from __future__ import annotations

from semeq.latent import FREQS, GAINS, QS
from semeq.network import MOST_POWER, TINY
from semeq.response import RATE_HZ
from semeq.settings import SHELF_Q

HELPERS: dict[str, str] = {
    "load": """\
/* A number that is none (NaN, infinity) counts as 0; told by its bits, which also holds under -ffast-math. */
static inline void NAME_load(const float *x, int count, double *y)
{
    int i;
    for (i = 0; i < count; ++i) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        y[i] = (bits & 0x7f800000u) == 0x7f800000u ? 0.0 : (double)x[i];
    }
}
""",
    "store": """\
static inline void NAME_store(const double *x, int count, float *y)
{
    int i;
    for (i = 0; i < count; ++i) y[i] = (float)x[i];
}
""",
    "copy": """\
static inline void NAME_copy(const double *x, int count, double *y)
{
    int i;
    for (i = 0; i < count; ++i) y[i] = x[i];
}
""",
    "level_free": """\
static inline void NAME_level_free(double *x, int count)
{
    double mean = 0.0;
    int i;
    for (i = 0; i < count; ++i) mean += x[i];
    mean /= (double)count;
    for (i = 0; i < count; ++i) x[i] -= mean;
}
""",
    "linear": """\
static inline void NAME_linear(const double *x, int inputs, const float *weight, const float *bias, int outputs,
                               double *y)
{
    int i, o;
    for (o = 0; o < outputs; ++o) y[o] = bias != NULL ? (double)bias[o] : 0.0;
    for (i = 0; i < inputs; ++i) {
        const double xi = x[i];
        const float *row = weight + i * outputs;
        for (o = 0; o < outputs; ++o) y[o] += xi * (double)row[o];
    }
}
""",
    "relu": """\
static inline void NAME_relu(double *x, int count)
{
    int i;
    for (i = 0; i < count; ++i) x[i] = x[i] > 0.0 ? x[i] : 0.0;
}
""",
    "tanh": """\
static inline void NAME_tanh(double *x, int count)
{
    int i;
    for (i = 0; i < count; ++i) x[i] = tanh(x[i]);
}
""",
    "sigmoid": """\
static inline void NAME_sigmoid(double *x, int count)
{
    int i;
    for (i = 0; i < count; ++i) x[i] = 0.5 * (1.0 + tanh(0.5 * x[i]));
}
""",
    "silu": """\
static inline void NAME_silu(double *x, int count)
{
    int i;
    for (i = 0; i < count; ++i) x[i] *= 0.5 * (1.0 + tanh(0.5 * x[i]));
}
""",
    "affine": """\
static inline void NAME_affine(double *x, int count, const float *scale, const float *shift)
{
    int i;
    for (i = 0; i < count; ++i) x[i] = x[i] * (double)scale[i] + (double)shift[i];
}
""",
    "clamp": """\
static inline void NAME_clamp(double *x, int count, const float *low, const float *high)
{
    int i;
    for (i = 0; i < count; ++i) {
        const double least = (double)low[i], most = (double)high[i];
        const double up = x[i] > least ? x[i] : least;
        x[i] = up < most ? up : most;
    }
}
""",
    "log10": f"""\
static inline void NAME_log10(double *x, const int *columns, int count)
{{
    int i;
    for (i = 0; i < count; ++i) x[columns[i]] = log10(x[columns[i]] > {TINY!r} ? x[columns[i]] : {TINY!r});
}}
""",
    "pow10": f"""\
static inline void NAME_pow10(double *x, const int *columns, int count)
{{
    int i;
    for (i = 0; i < count; ++i) {{
        const double power = x[columns[i]];
        x[columns[i]] = pow(10.0, power < {MOST_POWER!r} ? power : {MOST_POWER!r});
    }}
}}
""",
    "gather": """\
static inline void NAME_gather(const double *x, const int *columns, int count, double *y)
{
    int i;
    for (i = 0; i < count; ++i) y[i] = x[columns[i]];
}
""",
    "add": """\
static inline void NAME_add(double *x, int count, const double *y)
{
    int i;
    for (i = 0; i < count; ++i) x[i] += y[i];
}
""",
    "centre": """\
static inline void NAME_centre(const double *x, int inputs, const double *at_zero, double *y, int outputs)
{
    int i, moved = 0;
    for (i = 0; i < inputs; ++i) moved |= x[i] < 0.0 || x[i] > 0.0;
    for (i = 0; i < outputs; ++i) y[i] = moved ? y[i] - at_zero[i] : 0.0;
}
""",
    "conv2d": """\
/* 3 x 3 with zeros around the edges; pictures and weights lie in a row, channel by channel. */
static inline void NAME_conv2d(const double *x, int channels, int rows, int columns, int stride, const float *weight,
                               const float *bias, int outputs, double *y)
{
    int o, c, row, column, up, across;
    for (o = 0; o < outputs; ++o) {
        for (row = 0; row < rows; row += stride) {
            for (column = 0; column < columns; column += stride) {
                double sum = (double)bias[o];
                for (c = 0; c < channels; ++c) {
                    const float *w = weight + (o * channels + c) * 9;
                    const double *picture = x + c * rows * columns;
                    for (up = -1; up <= 1; ++up) {
                        if (row + up < 0 || row + up >= rows) continue;
                        for (across = -1; across <= 1; ++across) {
                            if (column + across < 0 || column + across >= columns) continue;
                            sum += picture[(row + up) * columns + column + across]
                                   * (double)w[(up + 1) * 3 + across + 1];
                        }
                    }
                }
                *y++ = sum;
            }
        }
    }
}
""",
    "mean": """\
static inline void NAME_mean(const double *x, int rows, int columns, double *y)
{
    int row, column;
    for (row = 0; row < rows; ++row) {
        double sum = 0.0;
        for (column = 0; column < columns; ++column) sum += x[row * columns + column];
        y[row] = sum / (double)columns;
    }
}
""",
}
"""By what calls them; a header holds those that it needs, in this order."""


def _ints(numbers: list[int]) -> str:
    return f"{{{', '.join(map(str, numbers))}}}"


CURVE = f"""\
/* |c0 + c1/z + c2/z^2|^2 on the unit circle, with phi = sin^2(w/2). */
static inline double NAME_power(const double c[3], double phi)
{{
    const double sum = c[0] + c[1] + c[2], ends = c[0] * c[2];
    return sum * sum + phi * (16.0 * ends * phi - 4.0 * (c[0] * c[1] + 4.0 * ends + c[1] * c[2]));
}}

/* Audio EQ Cookbook; side: 1 low shelf, -1 high shelf, 0 bell. */
static inline void NAME_section(double gain_db, double freq_hz, double q, int side, double b[3], double a[3])
{{
    const double amp = pow(10.0, gain_db / 40.0);
    const double omega = 6.283185307179586 * freq_hz / {RATE_HZ!r};
    const double alpha = sin(omega) / (2.0 * q);
    if (side == 0) {{
        b[0] = 1.0 + alpha * amp;
        b[2] = 1.0 - alpha * amp;
        a[0] = 1.0 + alpha / amp;
        a[2] = 1.0 - alpha / amp;
        b[1] = a[1] = -2.0 * cos(omega);
    }} else {{
        const double turn = (double)side, up = amp + 1.0, down = amp - 1.0;
        const double cosine = cos(omega) * turn, root = 2.0 * sqrt(amp) * alpha;
        b[0] = amp * (up - down * cosine + root);
        b[1] = amp * (down - up * cosine) * (2.0 * turn);
        b[2] = amp * (up - down * cosine - root);
        a[0] = up + down * cosine + root;
        a[1] = (down + up * cosine) * (-2.0 * turn);
        a[2] = up + down * cosine - root;
    }}
}}

/* The level-free curve, in dB at NAME_bands_hz, of five bands at {RATE_HZ:.0f} Hz, as NAME_encode reads it.
 * In double precision: in single precision low bands are only noise. A number out of range counts as its edge. */
static inline void NAME_curve(const float settings[13], float curve_db[BANDS])
{{
    static const int gains[5] = {_ints(GAINS)}, freqs[5] = {_ints(FREQS)}, qs[3] = {_ints(QS)};
    double s[13], ratio[BANDS], b[3], a[3];
    int band, f;
    NAME_load(settings, 13, s);
    NAME_clamp(s, 13, NAME_low, NAME_high);
    for (f = 0; f < BANDS; ++f) ratio[f] = 1.0;
    for (band = 0; band < 5; ++band) {{
        const int side = band == 0 ? 1 : band == 4 ? -1 : 0;
        NAME_section(s[gains[band]], s[freqs[band]], side == 0 ? s[qs[band - 1]] : {SHELF_Q!r}, side, b, a);
        for (f = 0; f < BANDS; ++f) {{
            const double phi = NAME_phi[f];
            ratio[f] *= NAME_power(b, phi) / NAME_power(a, phi);
        }}
    }}
    for (f = 0; f < BANDS; ++f) ratio[f] = 10.0 * log10(ratio[f]);
    NAME_level_free(ratio, BANDS);
    NAME_store(ratio, BANDS, curve_db);
}}
"""
