"""Conversions of the layers of attention."""
from mlpack_ann.port.adapters import adapts


@adapts("layer", "MultiheadAttention")
def multihead_attention(job):
    job.attributes["input_dimensions"] = tuple(job.case.settings["InputDimensions"][::-1])
    if job.version != "4.4":
        job.state["attention_weights"] = job.case.state["attention_weights"]
        return
    for name in ("attn_mask", "key_padding_mask"):
        if name in job.kwargs:
            job.kwargs[name] = job.kwargs[name].T
            job.remark("converted: masks are (queries, keys)")
