import pytest
@pytest.mark.parametrize("n", range(6))
@pytest.mark.parametrize("name", ["streamlit", "plotly", "dashboard"])
def test_absent(name, n, worker_id):
    with pytest.raises(ModuleNotFoundError, match="hidden"):
        __import__(name)
