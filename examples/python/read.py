"""What stands in a kept posterior: `python3 read.py POSTERIOR`. Needs the package safetensors, and NumPy."""
import json, sys
from safetensors import safe_open

posterior = safe_open(sys.argv[1], framework="np")
document = json.loads(posterior.metadata()["elbow"])
arrays = {name: posterior.get_tensor(name) for name in posterior.keys()}

print(document["model"]["name"], "ELBO", arrays["trace"][-1])
for name, array in sorted(arrays.items()):
    print(name, array.dtype, array.shape)
