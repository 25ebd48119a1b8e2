"""Functions of arrays that take no Tensor, and what to use in their place."""

import numpy as np

from ..rules import refuse

_fft, _emath = np.fft, np.emath

refuse(
    "its result is complex, and Tensors are real. Products with the cosines and sines of the frequencies, by np.matmul, have a "
    "derivative",
    _fft.fft, _fft.fft2, _fft.fftn, _fft.rfft, _fft.rfft2, _fft.rfftn, _fft.ifft, _fft.ifft2, _fft.ifftn, _fft.ihfft,
)  # fmt: skip
refuse(
    "its argument is a complex spectrum, and Tensors are real. Products with the cosines and sines of the frequencies, by "
    "np.matmul, have a derivative",
    _fft.irfft, _fft.irfft2, _fft.irfftn, _fft.hfft,
)  # fmt: skip
refuse(
    "its result is complex in general, and Tensors are real; for symmetric matrices use np.linalg.eigh or np.linalg.eigvalsh",
    np.linalg.eig, np.linalg.eigvals,
)  # fmt: skip
refuse("the roots of a polynomial are complex in general, and Tensors are real", np.roots)
refuse(
    "its result is complex for some arguments, and Tensors are real; use the function of that name in np itself",
    _emath.sqrt, _emath.log, _emath.log2, _emath.log10, _emath.logn, _emath.power, _emath.arccos, _emath.arcsin, _emath.arctanh,
)  # fmt: skip
refuse("its result is complex, and Tensors are real; use np.sort", np.sort_complex)

refuse("solve np.linalg.lstsq(np.vander(x, degree + 1), y), which has a derivative", np.polyfit)
refuse("multiply the factors with np.polymul, which has a derivative", np.poly)
refuse("it has no derivative here; np.polymul and np.polyval have", np.polydiv)

refuse("a file holds values without their history; pass t.numpy()", np.save, np.savez, np.savez_compressed, np.savetxt)
refuse("str(t) and repr(t) print a Tensor, and t.numpy() is its value", np.array2string, np.array_repr, np.array_str)
refuse("a Tensor holds numbers and no dates", np.busday_count, np.busday_offset, np.is_busday, np.datetime_as_string)
