"""Words of the frontier engine: distributions of inefficiency and of noise."""

from __future__ import annotations

from innospace.core.terms import Term

_ALS = "Aigner, Lovell and Schmidt (1977)"

DISTRIBUTIONS = (
    Term(
        "half_normal",
        "",
        "",
        "Distribution of inefficiency: the absolute value of a normal variable.",
        "u ~ |N(0, sigma_u^2)|",
        _ALS,
    ),
    Term(
        "exponential",
        "",
        "",
        "Distribution of inefficiency: exponential with mean sigma_u.",
        "f(u) = exp(-u / sigma_u) / sigma_u",
        "Meeusen and van den Broeck (1977)",
    ),
    Term(
        "truncated_normal",
        "",
        "",
        "Distribution of inefficiency: a normal variable cut off at zero. With mu = 0 it is the half-normal; as mu "
        "tends to minus infinity it becomes the exponential.",
        "u ~ N+(mu, sigma_u^2)",
        "Stevenson (1980)",
    ),
    Term(
        "rayleigh",
        "",
        "",
        "Distribution of inefficiency whose density is zero at zero, with mode sigma_u.",
        "f(u) = u / sigma_u^2 exp(-u^2 / (2 sigma_u^2))",
        "Hajargasht (2015)",
    ),
    Term(
        "uniform",
        "",
        "",
        "Distribution of inefficiency: every value up to sqrt(12) sigma_u is equally likely.",
        "f(u) = 1 / (sqrt(12) sigma_u)",
        "Li (1996)",
    ),
    Term(
        "generalised_exponential",
        "",
        "",
        "Distribution of inefficiency: the larger of two exponential draws with mean sigma_u.",
        "f(u) = 2 / sigma_u exp(-u / sigma_u) (1 - exp(-u / sigma_u))",
        "Papadopoulos (2021)",
    ),
    Term(
        "truncated_laplace",
        "",
        "",
        "Distribution of inefficiency: skewed Laplace cut off at zero, with scale sigma_u and shape l.",
        "f(u) = (1 + l) / (sigma_u (1 + 2 l)) (2 exp(-u / sigma_u) - exp(-(1 + l) u / sigma_u))",
        "Wang (2012)",
    ),
    Term(
        "gamma",
        "",
        "",
        "Distribution of inefficiency: gamma with shape k and scale sigma_u; with k = 1 it is the exponential.",
        "f(u) = u^(k - 1) exp(-u / sigma_u) / (Gamma(k) sigma_u^k)",
        "Greene (1990)",
    ),
    Term(
        "weibull",
        "",
        "",
        "Distribution of inefficiency: Weibull, shape k and scale sigma_u; exponential for k = 1, Rayleigh for k = 2.",
        "f(u) = k / sigma_u (u / sigma_u)^(k - 1) exp(-(u / sigma_u)^k)",
        "Tsionas (2007)",
    ),
    Term(
        "lognormal",
        "",
        "",
        "Distribution of inefficiency whose logarithm is normal with mean mu and deviation sigma_u.",
        "ln u ~ N(mu, sigma_u^2)",
        "Migon and Medici (2001)",
    ),
    Term(
        "student_t",
        "",
        "",
        "Distribution of noise with heavy tails: outliers count less. sigma_v is its scale.",
        "v ~ sigma_v t(df)",
        "Tancredi (2002)",
    ),
    Term(
        "laplace",
        "",
        "",
        "Distribution of noise with a peak and exponential tails; sigma_v is its standard deviation.",
        "g(v) = exp(-|v| / s) / (2 s), s = sigma_v / sqrt(2)",
        "Nguyen (2010)",
    ),
)
