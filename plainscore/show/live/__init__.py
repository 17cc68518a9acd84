"""The live dashboard: the figures of the report, for any date and anybody, as a Streamlit app."""
